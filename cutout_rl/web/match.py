"""A person plays the game itself, under the agent's rules, beside the agent and the oracle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

import numpy as np

from cutout_rl.evaluation.demonstrations import Demonstrations, load, save
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_game, play
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import PERSON
from cutout_rl.web.storage import Keeping

NAMELESS: Final = "nobody"
MAX_NAME: Final = 40


class Arena:
    """What all contests share: the images, the rules, and the rivals.

    Attributes:
        game_config: of the game.
        factory: of games that are scored at every move and may be left.
        rivals: who plays the same image after the person.
    """

    def __init__(self, game_config: GameConfig, rivals: Sequence[Player]) -> None:
        """Open the images.

        Raises:
            CutOutError: they cannot be used.
        """
        self.game_config = game_config
        self.factory: GameFactory = held_out_factory(game_config, game_config.split)
        self.rivals = tuple(rivals)


@dataclass
class Contest:
    """One game that a person plays.

    Attributes:
        game: its state.
        index: of the image in its split.
        seed: from which, with the index, the start points were drawn.
        actions: the person's so far.
        iou: at the start and after each move.
    """

    game: Game
    index: int
    seed: int
    actions: list[int]
    iou: list[float]

    @classmethod
    def start(cls, arena: Arena, seed: int) -> "Contest":
        """Deal an image, which the seed chooses with the start points."""
        index = int(np.random.default_rng(seed).integers(len(arena.factory.source)))
        game = held_out_game(arena.factory, index, seed)
        return cls(game, index, seed, [], [_iou(game)])

    def move(self, action: int) -> None:
        """Make a move, or leave by 16.

        Raises:
            CutOutError: the game is over, or there is no such move.
        """
        if self.game.done:
            raise CutOutError("This game is over; start another.")
        if not 0 <= action <= STOP:
            raise CutOutError(f"A move must be a number from 0 to {STOP}.")
        self.game.step(action)
        self.actions.append(action)
        self.iou.append(_iou(self.game))

    def finish(self, arena: Arena, keeping: Keeping, name: str) -> list[dict[str, Any]]:
        """Let the rivals play the same image, and keep the episode and the score.

        Returns:
            The table of scores, newest last.

        Raises:
            CutOutError: what is on the disk is damaged.
        """
        with keeping.lock:
            _append(keeping, arena.game_config, self)
        row: dict[str, Any] = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "name": name.strip()[:MAX_NAME] or NAMELESS,
            "image": self.game.sample.name,
            "moves": len([action for action in self.actions if action != STOP]),
            "iou": self.iou[-1],
            "best": max(self.iou),
            "rivals": {rival.label: self._score(rival, arena.factory) for rival in arena.rivals},
        }
        return keeping.add_score(row)

    def _score(self, rival: Player, factory: GameFactory) -> float:
        game = held_out_game(factory, self.index, self.seed)
        _, iou = play(rival, [game], factory.observer)
        return float(iou[0, -1])


def _iou(game: Game) -> float:
    assert game.iou is not None  # the factory has every move scored
    return game.iou


def _append(keeping: Keeping, game_config: GameConfig, contest: Contest) -> None:
    """Add an episode to the demonstrations of its game, or begin new ones."""
    actions = np.full((1, game_config.step_count), STOP, np.int64)
    actions[0, : len(contest.actions)] = contest.actions
    iou = np.full((1, game_config.step_count + 1), contest.iou[-1])
    iou[0, : len(contest.iou)] = contest.iou
    episode = Demonstrations(
        PERSON,
        game_config,
        (contest.game.sample.name,),
        np.array([contest.index], np.int64),
        np.array([contest.seed], np.int64),
        np.array([contest.game.starts], np.int64),
        actions,
        iou,
    )
    number = 1
    while (folder := keeping.folder / "demonstrations" / str(number)).exists():
        before = load(folder)
        if before.game_config == game_config:
            episode = _joined(before, episode)
            break
        number += 1
    save(episode, folder)


def _joined(before: Demonstrations, after: Demonstrations) -> Demonstrations:
    return Demonstrations(
        after.player,
        after.game_config,
        before.names + after.names,
        np.concatenate([before.index, after.index]),
        np.concatenate([before.seed, after.seed]),
        np.concatenate([before.start, after.start]),
        np.concatenate([before.actions, after.actions]),
        np.concatenate([before.iou, after.iou]),
    )
