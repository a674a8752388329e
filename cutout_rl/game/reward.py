"""Intersection over union, and the rewards derived from it."""

from typing import Final, Literal, get_args

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

RewardKind = Literal["iou", "delta", "shaped", "end"]
REWARD_KINDS: Final[tuple[str, ...]] = get_args(RewardKind)
# Compiled code knows the kinds by their numbers.
IOU, DELTA, SHAPED, END = range(len(REWARD_KINDS))

SHAPING_GAMMA: Final = 0.97  # the trainings' discount factor
TRACED_WEIGHT: Final = 0.5  # of the share of the outline traced, against the IoU
TRACED_REACH: Final = 0.05  # of the image's side; the outline counts as traced within this distance of a stroke


@numba.njit(cache=True, nogil=True)
def count_overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the numbers of non-void pixels in the intersection and in the union of two (H, W) bool masks."""
    intersection = 0
    union = 0
    for r in range(mask.shape[0]):
        # Sums of one row in 32 bits and without branches, which the compiler vectorises.
        both = np.int32(0)
        either = np.int32(0)
        for c in range(mask.shape[1]):
            ours, theirs, known = np.int32(mask[r, c]), np.int32(truth[r, c]), np.int32(1) - np.int32(void[r, c])
            both += ours & theirs & known
            either += (ours | theirs) & known
        intersection += both
        union += either
    return intersection, union


@numba.njit(cache=True, nogil=True)
def intersection_over_union(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> float:
    """Compute |mask & truth| / |mask | truth| over the non-void pixels, in [0, 1]; 1 if the union is empty.

    All arguments are (H, W) bool.
    """
    intersection, union = count_overlap(mask, truth, void)
    return intersection / union if union else 1.0


@numba.njit(cache=True, nogil=True)
def outline_traced(
    labels: NDArray[np.uint8], outline: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]
) -> float:
    """Compute the share of the object's outline that is near strokes on the correct side, in [0, 1].

    Args:
        labels: (H, W) uint8 of UNLABELLED, LABELLED_INSIDE and LABELLED_OUTSIDE.
        outline: (H, W) bool (`Sample.outline`).
        truth: (H, W) bool, True on the object.
        void: (H, W) bool, True where the ground truth is unknown.

    Returns:
        The mean of the shares for inside and outside strokes; 1 if there is no outline.
    """
    height, width = labels.shape
    reach = max(1, round(TRACED_REACH * height))
    count, traced = 0, 0
    for row in range(height):
        for column in range(width):
            if not outline[row, column]:
                continue
            count += 1
            inside, outside = False, False
            for r in range(max(row - reach, 0), min(row + reach + 1, height)):
                for c in range(max(column - reach, 0), min(column + reach + 1, width)):
                    inside |= labels[r, c] == LABELLED_INSIDE and truth[r, c]
                    outside |= labels[r, c] == LABELLED_OUTSIDE and not truth[r, c] and not void[r, c]
            traced += int(inside) + int(outside)
    return traced / (2 * count) if count else 1.0


@numba.njit(cache=True, nogil=True)
def potential(
    kind: int,
    labels: NDArray[np.uint8],
    outline: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    void: NDArray[np.bool_],
) -> float:
    """Return the potential of a state for `shaping`: half the share of the outline traced if SHAPED, else 0."""
    return TRACED_WEIGHT * outline_traced(labels, outline, truth, void) if kind == SHAPED else 0.0


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def reward_of(kind: int, before: float, after: float, done: bool) -> float:
    """Compute the reward of an action from the IoU before and after it, without `shaping`.

    IOU is the IoU after the action; DELTA and SHAPED are its change, whose sum over an episode is final minus initial
    IoU; END is the IoU at the last step and 0 before.
    """
    if kind == IOU:
        return after
    if kind in (DELTA, SHAPED):
        return after - before
    return after if done else 0.0
