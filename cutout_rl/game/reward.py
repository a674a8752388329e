"""Intersection over union, and the rewards derived from it."""

from typing import Final, Literal, get_args

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

RewardKind = Literal["iou", "delta", "shaped", "end"]
REWARD_KINDS: Final[tuple[str, ...]] = get_args(RewardKind)

SHAPING_GAMMA: Final = 0.97  # the trainings' discount factor
TRACED_WEIGHT: Final = 0.5  # of the share of the outline traced, against the IoU
TRACED_REACH: Final = 0.05  # of the image's side; the outline counts as traced within this distance of a stroke


@numba.njit(cache=True, nogil=True)
def count_overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the numbers of non-void pixels in the intersection and in the union of two (H, W) bool masks."""
    intersection = 0
    union = 0
    for r in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            if not void[r, c]:
                intersection += mask[r, c] & truth[r, c]
                union += mask[r, c] | truth[r, c]
    return intersection, union


def intersection_over_union(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> float:
    """Compute |mask & truth| / |mask | truth| over the non-void pixels, in [0, 1]; 1 if the union is empty.

    All arguments are (H, W) bool.
    """
    intersection, union = count_overlap(mask, truth, void)
    return intersection / union if union else 1.0


def outline_traced(labels: NDArray[np.uint8], sample: Sample) -> float:
    """Compute the share of the object's outline that is near strokes on the correct side, in [0, 1].

    Args:
        labels: (H, W) uint8 of UNLABELLED, LABELLED_INSIDE and LABELLED_OUTSIDE.
        sample: the image and its ground truth.

    Returns:
        The mean of the shares for inside and outside strokes; 1 if there is no outline.
    """
    count = np.count_nonzero(sample.outline)
    if count == 0:
        return 1.0
    reach = max(1, round(TRACED_REACH * len(labels)))
    near = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    strokes = (labels == LABELLED_INSIDE) & sample.mask, (labels == LABELLED_OUTSIDE) & ~sample.mask & ~sample.void
    traced = [np.count_nonzero(sample.outline & (cv2.dilate(side.view(np.uint8), near) > 0)) for side in strokes]
    return float(np.mean(traced) / count)


def potential(kind: RewardKind, labels: NDArray[np.uint8], sample: Sample) -> float:
    """Return the potential of a state for `shaping`: half the share of the outline traced if `shaped`, else 0."""
    return TRACED_WEIGHT * outline_traced(labels, sample) if kind == "shaped" else 0.0


def shaping(before: float, after: float, done: bool, gamma: float) -> float:
    """Compute the shaping reward of an action, gamma phi(s') - phi(s), where phi is 0 once the episode is over.

    Its discounted sum over an episode is -phi(s0), whatever was done, so the best policy stays the best (Ng, Harada and
    Russell, ICML 1999).

    Args:
        before: `potential` of the state before the action.
        after: `potential` of the state after it.
        done: whether the action has ended the episode.
        gamma: the learner's discount factor.
    """
    return (0.0 if done else gamma * after) - before


def reward_of(kind: RewardKind, before: float, after: float, done: bool) -> float:
    """Compute the reward of an action from the IoU before and after it, without `shaping`.

    `iou` is the IoU after the action; `delta` and `shaped` are its change, whose sum over an episode is final minus
    initial IoU; `end` is the IoU at the last step and 0 before.
    """
    if kind == "iou":
        return after
    if kind in ("delta", "shaped"):
        return after - before
    return after if done else 0.0
