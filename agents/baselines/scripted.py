"""Scripted baselines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES, STOP


class StillPens:
    """Stops at once; scores the start points alone."""

    label = "still pens"
    sees_truth = False

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Stop every game."""
        return np.full(len(games), STOP, np.int64)


class RandomPens:
    """Draws every move uniformly from the 16, those that mark nothing (`Game.action_mask`) included."""

    label = "random pens"
    sees_truth = False

    def __init__(self, seed: int = 0) -> None:
        """Seed the moves."""
        self._rng = np.random.default_rng(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Draw a move for every game."""
        return self._rng.integers(N_MOVES, size=len(games))


class SideKeepingPens:
    """Draws a pen at random, then one of its moves that keep the head on its own side of the ground-truth contour.

    A pen without such a move draws from all of its moves.
    """

    label = "side-keeping pens"
    sees_truth = True

    def __init__(self, seed: int = 0) -> None:
        """Seed the moves."""
        self._rng = np.random.default_rng(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Draw a move for every game."""
        return np.array([self._draw(game) for game in games], np.int64)

    def _draw(self, game: Game) -> int:
        pen = int(self._rng.integers(2))
        kept = [direction for direction in range(N_DIRECTIONS) if _keeps_side(game, pen, direction)]
        return pen * N_DIRECTIONS + int(self._rng.choice(kept or N_DIRECTIONS))


def _keeps_side(game: Game, pen: int, direction: int) -> bool:
    (d_row, d_column), length = game.path(pen, direction)
    row, column = game.heads[pen]
    along = np.arange(1, length + 1)
    travelled = game.sample.mask[row + d_row * along, column + d_column * along]
    return length > 0 and bool(travelled.all() if pen == 0 else not travelled.any())
