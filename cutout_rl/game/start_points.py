"""Sampling the pens' start points."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

CLEARANCE: Final = 3  # px between a start point and the contour, if the object is large enough

# The pixels nearer than 3 px: 2 px along both axes are nearer, 3 px along one are not.
_NEARER: Final = np.ones((2 * CLEARANCE - 1, 2 * CLEARANCE - 1), np.uint8)


def _sample_deep(region: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    pixels = region.view(np.uint8)
    candidates = np.flatnonzero(cv2.erode(pixels, _NEARER))
    if len(candidates) == 0:
        depth = cv2.distanceTransform(pixels, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
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
