"""A player that looks one step ahead with the true IoU."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES
from cutout_rl.players.baselines import Role
from cutout_rl.utils.threads import map_parallel


class OneStepOracle:
    """Makes the move with the highest true IoU of all 16; ties are broken at random.

    It is greedy and so not an upper bound: it ignores moves that pay off later.
    """

    label = "one-step oracle"
    role: Role = "opponent"
    sees_truth = True

    def __init__(self, seed: int = 0) -> None:
        """Seed the random choice among ties."""
        self._rng = np.random.default_rng(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the move with the highest IoU in every game."""
        ious = np.array(map_parallel(_try_moves, games))
        return np.array([self._rng.choice(np.flatnonzero(row == row.max())) for row in ious], np.int64)


def _try_moves(game: Game) -> list[float | None]:
    trials = [game.copy() for _ in range(N_MOVES)]
    for move, trial in enumerate(trials):
        trial.step(move)
    return [trial.iou for trial in trials]
