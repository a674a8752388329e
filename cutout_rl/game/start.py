"""Where the pens start."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

CLEARANCE: Final = 3.0  # px between a start point and the contour, where the object leaves room for it


def _sample_deep(region: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    candidates = np.flatnonzero(depth >= min(CLEARANCE, float(depth.max())))
    row, column = divmod(int(candidates[rng.integers(len(candidates))]), region.shape[1])
    return row, column


def sample_start(
    mask: NDArray[np.bool_], void: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Draw the pens' start points, uniformly over the pixels at least 3 px from the contour.

    Where no pixel is that far from it, the farthest ones are drawn from. Void pixels count as contour.

    Args:
        mask: (H, W) bool, the object.
        void: (H, W) bool, pixels of unknown truth; no start point lies there.
        rng: the environment's generator.

    Returns:
        The inside and the outside point, each (row, column).
    """
    known = ~void
    return _sample_deep(mask & known, rng), _sample_deep(~mask & known, rng)
