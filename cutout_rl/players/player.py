"""The interface of players."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game


class Player(Protocol):
    """Plays any number of games at once.

    Attributes:
        label: name in tables.
        sees_truth: whether it uses the ground truth, as oracles do.
    """

    label: str
    sees_truth: bool

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose an action in each game.

        Args:
            observations: (N, size, size, channels) uint8, all that a player without ground truth may use.
            games: the N games, for oracles; they must not be modified.

        Returns:
            (N,) int64 actions; 16 stops a game for good.
        """
        ...
