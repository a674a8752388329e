"""A player that reads scribbles, and takes a given mask for the object."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scenes import blob_sample

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.interactive.iou_estimate import expected_overlap
from cutout_rl.game.game import Game


class Reader:
    """Takes a given mask for the object, and traces it."""

    label = "reader"
    sees_truth = False

    def __init__(self, believed: NDArray[np.bool_], least_gain: float = 0.02) -> None:
        self.least_gain = least_gain
        self.seen: list[NDArray[np.uint8]] = []
        self.counts: list[int] = []
        self._believed = believed
        self._expert = TracingExpert()

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        return self.act_on_beliefs(games, [self._believed for _ in games])

    def estimate_object(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        self.seen.append(labels.copy())
        return np.where(self._believed, np.float32(20), np.float32(-20))

    def estimate_iou(self, log_odds: NDArray[np.float32], mask: NDArray[np.bool_], strokes: int) -> float:
        self.counts.append(strokes)
        return expected_overlap(log_odds, mask)

    def act_on_beliefs(self, games: Sequence[Game], beliefs: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
        believing = [game.believing(belief) for game, belief in zip(games, beliefs, strict=True)]
        return np.array([int(self._expert.move_values(game).argmax()) for game in believing], np.int64)


def cropped_mask(size: int = 64) -> NDArray[np.bool_]:
    """Return the mask of blob0.png without its leftmost 3 columns, which the cut of an inside dot does not reach."""
    mask = blob_sample(size, 0).mask.copy()
    mask[:, : int(np.flatnonzero(mask.any(axis=0))[0]) + 3] = False
    return mask
