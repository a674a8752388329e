"""The parts of a mask that a scribble vouches for."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def touching_components(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the 8-connected components of a mask that contain at least one inside-labelled pixel.

    Args:
        mask: (H, W) bool.
        inside: (H, W) bool, the pixels labelled as object. Those that are not in the mask count for nothing.

    Returns:
        (H, W) bool, a fresh array.
    """
    height, width = mask.shape
    kept = np.zeros((height, width), dtype=np.bool_)
    stack = np.empty(height * width, dtype=np.int32)
    size = 0
    for row in range(height):
        for column in range(width):
            if not inside[row, column] or not mask[row, column] or kept[row, column]:
                continue
            kept[row, column] = True
            stack[size] = row * width + column
            size += 1
            while size > 0:
                size -= 1
                y, x = divmod(stack[size], width)
                for near_y in range(max(y - 1, 0), min(y + 2, height)):
                    for near_x in range(max(x - 1, 0), min(x + 2, width)):
                        if mask[near_y, near_x] and not kept[near_y, near_x]:
                            kept[near_y, near_x] = True
                            stack[size] = near_y * width + near_x
                            size += 1
    return kept
