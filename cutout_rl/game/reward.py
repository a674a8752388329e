"""Intersection over union, and the rewards made of it."""

from typing import Final, Literal, get_args

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

RewardKind = Literal["iou", "delta", "shaped", "end"]
REWARD_KINDS: Final[tuple[str, ...]] = get_args(RewardKind)

TRACED_WORTH: Final = 0.5  # of an outline traced all along on both sides, against an IoU of 1
TRACED_REACH: Final = 0.05  # of the image's side: a stroke this near has traced the outline


@numba.njit(cache=True, nogil=True)
def count_overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> tuple[int, int]:
    """Count the pixels that are not void in the intersection and in the union of two (H, W) bool masks."""
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
    intersection, union = count_overlap(mask, truth, void)
    return intersection / union if union else 1.0


def outline_traced(labels: NDArray[np.uint8], sample: Sample) -> float:
    """Compute the share of the object's outline that strokes on the right side have come near, in [0, 1].

    Args:
        labels: (H, W) uint8 of UNLABELLED, LABELLED_INSIDE and LABELLED_OUTSIDE.
        sample: whose outline it is.

    Returns:
        The mean of the shares for strokes inside and outside; 1 where there is no outline.
    """
    count = np.count_nonzero(sample.outline)
    if count == 0:
        return 1.0
    reach = max(1, round(TRACED_REACH * len(labels)))
    near = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    strokes = (labels == LABELLED_INSIDE) & sample.mask, (labels == LABELLED_OUTSIDE) & ~sample.mask & ~sample.void
    traced = [np.count_nonzero(sample.outline & (cv2.dilate(side.view(np.uint8), near) > 0)) for side in strokes]
    return float(np.mean(traced)) / count


def worth_of(kind: RewardKind, iou: float, labels: NDArray[np.uint8], sample: Sample) -> float:
    """Tell what a state of the game is worth: its IoU and, for `shaped`, half the share of the outline traced."""
    return iou + TRACED_WORTH * outline_traced(labels, sample) if kind == "shaped" else iou


def reward_of(kind: RewardKind, before: float, after: float, done: bool) -> float:
    """Turn what the state is worth before and after a move (`worth_of`) into the move's reward.

    `iou` is the IoU after the move, `delta` its change (the sum over an episode is final minus start), `end` is 0 until
    the last move and the IoU then. `shaped` is the change of the IoU and of a potential that leads to it (Ng, Harada
    and Russell, ICML 1999): strokes along the outline, which pay late in IoU.
    """
    if kind == "iou":
        return after
    if kind in ("delta", "shaped"):
        return after - before
    return after if done else 0.0
