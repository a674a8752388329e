"""Playing an agent on every image of a folder, whatever its split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Split
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_game
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor
from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.errors import CutOutError

SEED = 0  # of the start points


@dataclass(frozen=True)
class PlayedSet:
    """The episodes of one player on the images of a folder.

    Attributes:
        label: of the player.
        iou: (images, step_count + 1) float64, the IoU at the start and after each step.
        parts: for each split, the factory of the games and the evaluation.
    """

    label: str
    iou: NDArray[np.float64]
    parts: tuple[tuple[GameFactory, Evaluation], ...]

    def games(self, places: Sequence[int]) -> list[Game]:
        """Play the episodes of some images again, and return the games at their end."""
        starts = [(factory, evaluation, i) for factory, evaluation in self.parts for i in range(len(evaluation.names))]
        return [_replay(*starts[place]) for place in places]


def play_everything(
    player: Player | GamePredictor, config: GameTrainConfig, data: str, masks: str, splits: Sequence[Split]
) -> PlayedSet:
    """Play one episode on each image of some splits of a folder; every player starts from the same points.

    Args:
        player: the player, or the predictor of its prior.
        config: of the player's game.
        data: the folder.
        masks: name of the folder of masks.
        splits: of the folder.

    Raises:
        CutOutError: the folder cannot be used, or holds no image of these splits.
    """
    parts = []
    game_config = replace(
        config.game_config(), data=data, masks=masks, masks_class=None, skip_bad=True, augment=1, bank=0
    )
    for split in splits:
        factory = held_out_factory(game_config, split)
        if len(factory.source):
            parts.append((factory, evaluate(player, factory, range(len(factory.source)), SEED)))
    if not parts:
        raise CutOutError(f"{data} has no images in the splits {', '.join(splits)}; name others.")
    return PlayedSet(player.label, np.concatenate([evaluation.iou for _, evaluation in parts]), tuple(parts))


def every_split() -> tuple[Split, ...]:
    """Return the names of all splits."""
    return get_args(Split)


def _replay(factory: GameFactory, evaluation: Evaluation, place: int) -> Game:
    game = held_out_game(factory, evaluation.indices[place], SEED)
    for action in evaluation.actions[place].tolist():
        if action == STOP:
            break
        game.step(action)
    return game
