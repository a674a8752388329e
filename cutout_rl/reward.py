"""Intersection over union, and the rewards made of it."""

from typing import Final, Literal, get_args

import numba
import numpy as np
from numpy.typing import NDArray

RewardKind = Literal["iou", "delta", "end"]
REWARD_KINDS: Final[tuple[str, ...]] = get_args(RewardKind)


@numba.njit(cache=True, nogil=True)
def _count(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> tuple[int, int]:
    intersection = 0
    union = 0
    for r in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            if not void[r, c]:
                intersection += mask[r, c] & truth[r, c]
                union += mask[r, c] | truth[r, c]
    return intersection, union


def intersection_over_union(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> float:
    """Compute |mask & truth| / |mask | truth| over the pixels that are not void, in [0, 1]; 1 where the union is empty.

    All arguments are (H, W) bool.
    """
    intersection, union = _count(mask, truth, void)
    return intersection / union if union else 1.0


def reward_of(kind: RewardKind, before: float, after: float, done: bool) -> float:
    """Turn the IoU before and after a move into its reward.

    `iou` is the IoU after the move, `delta` its change (the sum over an episode is final minus start), `end` is 0 until
    the last move and the IoU then.
    """
    if kind == "iou":
        return after
    if kind == "delta":
        return after - before
    return after if done else 0.0
