"""Sampling the pens' start points."""

from typing import Final

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

CLEARANCE: Final = 3  # px between a start point and the contour, if the object is large enough
_REACH: Final = CLEARANCE - 1  # the pixels nearer than 3 px: 2 px along both axes are nearer, 3 px along one are not


@numba.njit(cache=True, nogil=True)
def _find_deep(region: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the pixels of a region that are at least 3 px from others, as an (N,) int32 of flat indices.

    What lies beyond the border counts as region.
    """
    height, width = region.shape
    columns = np.empty((height, width), np.bool_)
    for row in range(height):
        for column in range(width):
            columns[row, column] = True
        for near in range(max(row - _REACH, 0), min(row + _REACH + 1, height)):
            for column in range(width):
                columns[row, column] &= region[near, column]
    deep = np.empty(height * width, np.int32)
    count = 0
    for row in range(height):
        run = 2 * _REACH  # pixels of the region in a row so far, those beyond the border included
        for column in range(width + _REACH):
            run = run + 1 if column >= width or columns[row, column] else 0
            if column >= _REACH and run > 2 * _REACH:
                deep[count] = row * width + column - _REACH
                count += 1
    return deep[:count]


def _sample_deep(region: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    candidates: NDArray[np.integer] = _find_deep(region)
    if len(candidates) == 0:
        depth = cv2.distanceTransform(region.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        candidates = np.flatnonzero(depth == depth.max())
    row, column = divmod(int(candidates[rng.integers(len(candidates))]), region.shape[1])
    return row, column


def sample_start(
    mask: NDArray[np.bool_], void: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Draw the pens' start points uniformly from the pixels at least 3 px from the contour.

    If no pixel is that far away, the farthest ones are used. Void pixels count as contour.

    Args:
        mask: (H, W) bool, the object.
        void: (H, W) bool, pixels of unknown ground truth; no start point lies there.
        rng: the environment's generator.

    Returns:
        The inside and the outside point, each (row, column).
    """
    known = ~void
    return _sample_deep(mask & known, rng), _sample_deep(~mask & known, rng)
