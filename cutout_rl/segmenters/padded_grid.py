"""Flat, padded pixel grids: a neighbour is one addition away, and no loop needs a bounds check.

Pixel (row, column) of an H x W image is node (row + 1) * (W + 2) + column + 1 of (H + 2) * (W + 2).
"""

import numpy as np
from numpy.typing import NDArray

# East, west, south, north: direction k ^ 1 points back.
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
N_DIRECTIONS = 4


def neighbour_steps(width: int) -> NDArray[np.uint64]:
    """Return the (4,) uint64 offsets from a node to its neighbours in an image `width` pixels wide.

    Negative offsets wrap around: unsigned indices avoid numba's wraparound check at every access.
    """
    return np.array([row * (width + 2) + column for row, column in DIRECTIONS], dtype=np.int64).astype(np.uint64)
