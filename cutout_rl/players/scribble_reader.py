"""The interface of players that read scribbles: what a person draws changes what they take for the object."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game


@runtime_checkable
class ScribbleReader(Protocol):
    """A player that estimates the object from all scribbles so far, whoever drew them.

    Attributes:
        label: name in tables.
        least_gain: in the estimated IoU of a mask that is worth a change.
    """

    label: str
    least_gain: float

    def estimate_object(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Estimate the log-odds log(s / (1 - s)) of each pixel's probability s to belong to the object.

        Args:
            image: (H, W, 3) uint8, RGB.
            labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
            mask: (H, W) bool, their mask by the cut without a prior.

        Returns:
            (H, W) float32.
        """
        ...

    def estimate_iou(self, log_odds: NDArray[np.float32], mask: NDArray[np.bool_], strokes: int) -> float:
        """Estimate the IoU of a mask with the object, in [0, 1].

        Args:
            log_odds: (H, W) float32, of `estimate_object`.
            mask: (H, W) bool.
            strokes: that a person has drawn, or 2 for the start points of a game.
        """
        ...

    def act_on_beliefs(self, games: Sequence[Game], beliefs: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
        """Choose an action in each of N games, given the (S, S) bool mask that is taken for its object.

        Returns:
            (N,) int64 actions; 16 stops a game for good.
        """
        ...
