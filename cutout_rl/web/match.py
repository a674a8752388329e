"""The game of the page: a user plays under the agent's rules, then opponents play the same image."""

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
from cutout_rl.web.storage import Storage

ANONYMOUS: Final = "anonymous"
MAX_NAME: Final = 40


@dataclass
class Match:
    """One game played by a user.

    Attributes:
        game: its state.
        index: of the image in its split.
        seed: of the start points, together with the index.
        actions: the user's actions so far.
        iou: at the start and after each move.
    """

    game: Game
    index: int
    seed: int
    actions: list[int]
    iou: list[float]

    def move(self, action: int) -> None:
        """Make a move; 16 stops the game.

        Raises:
            CutOutError: the game is over.
        """
        if self.game.done:
            raise CutOutError("This game is over; start another.")
        self.game.step(action)
        self.actions.append(action)
        self.iou.append(_iou(self.game))


class MatchFactory:
    """The images, rules and opponents of all matches.

    Attributes:
        game_config: of every game.
        opponents: players that are scored on the same image after the user.
    """

    def __init__(self, game_config: GameConfig, opponents: Sequence[Player]) -> None:
        """Open the images.

        Raises:
            CutOutError: they cannot be used.
        """
        self.game_config = game_config
        self.opponents = tuple(opponents)
        self._factory: GameFactory = held_out_factory(game_config, game_config.split)

    def new_match(self, seed: int) -> Match:
        """Start a match; the seed selects the image and the start points."""
        index = int(np.random.default_rng(seed).integers(len(self._factory.source)))
        game = held_out_game(self._factory, index, seed)
        return Match(game, index, seed, [], [_iou(game)])

    def finish(self, match: Match, storage: Storage, name: str) -> list[dict[str, Any]]:
        """Run the opponents on the same image, and store the episode and the scores.

        Returns:
            The table of scores, newest last.

        Raises:
            CutOutError: the stored scores or demonstrations are damaged.
        """
        with storage.lock:
            _append(storage, self.game_config, match)
        row: dict[str, Any] = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "name": name.strip()[:MAX_NAME] or ANONYMOUS,
            "image": match.game.sample.name,
            "moves": len([action for action in match.actions if action != STOP]),
            "iou": match.iou[-1],
            "best": max(match.iou),
            "rivals": {opponent.label: self._final_iou(opponent, match) for opponent in self.opponents},
        }
        return storage.add_score(row)

    def _final_iou(self, opponent: Player, match: Match) -> float:
        game = held_out_game(self._factory, match.index, match.seed)
        _, iou = play(opponent, [game], self._factory.observer)
        return float(iou[0, -1])


def _iou(game: Game) -> float:
    assert game.iou is not None  # the factory scores every move
    return game.iou


def _append(storage: Storage, game_config: GameConfig, match: Match) -> None:
    """Append an episode to the demonstrations with the same configuration, or start new ones."""
    actions = np.full((1, game_config.step_count), STOP, np.int64)
    actions[0, : len(match.actions)] = match.actions
    iou = np.full((1, game_config.step_count + 1), match.iou[-1])
    iou[0, : len(match.iou)] = match.iou
    episode = Demonstrations(
        PERSON,
        game_config,
        (match.game.sample.name,),
        np.array([match.index], np.int64),
        np.array([match.seed], np.int64),
        np.array([match.game.starts], np.int64),
        actions,
        iou,
    )
    number = 1
    while (folder := storage.folder / "demonstrations" / str(number)).exists():
        before = load(folder)
        if before.game_config == game_config:
            episode = _concatenate(before, episode)
            break
        number += 1
    save(episode, folder)


def _concatenate(before: Demonstrations, after: Demonstrations) -> Demonstrations:
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
