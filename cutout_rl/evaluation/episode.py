"""Played episodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_game, play
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player


@dataclass(frozen=True)
class Episode:
    """One played episode.

    Attributes:
        start: the game before the first action.
        actions: the actions taken.
        iou: (actions + 1,) float64, the IoU at the start and after each action.
    """

    start: Game
    actions: tuple[int, ...]
    iou: NDArray[np.float64]

    def replay(self) -> Iterator[Game]:
        """Yield the game at the start and after each action; it is always the same object."""
        game = self.start.copy()
        yield game
        for action in self.actions:
            game.step(action)
            yield game

    def end(self) -> Game:
        """Return the game after the last action."""
        *_, game = self.replay()
        return game


def play_episodes(player: Player, factory: GameFactory, images: range, seed: int) -> Sequence[Episode]:
    """Play one episode on each of some images of a factory's split, as `evaluate` does."""
    return episodes_of(evaluate(player, factory, images, seed), factory, seed)


def episodes_of(result: Evaluation, factory: GameFactory, seed: int) -> Sequence[Episode]:
    """Return the episodes of an evaluation that was made with this factory and seed."""
    return [
        _episode(held_out_game(factory, index, seed), actions, iou)
        for index, actions, iou in zip(result.indices, result.actions, result.iou, strict=True)
    ]


def play_from(player: Player, starts: Sequence[Game], observer: Observer) -> Sequence[Episode]:
    """Play copies of games of one length to their end."""
    actions, iou = play(player, [start.copy() for start in starts], observer)
    return [_episode(*played) for played in zip(starts, actions, iou, strict=True)]


def _episode(start: Game, actions: NDArray[np.int64], iou: NDArray[np.float64]) -> Episode:
    made: list[int] = actions.tolist()
    made = made[: made.index(STOP)] if STOP in made else made
    return Episode(start, tuple(made), iou[: len(made) + 1])
