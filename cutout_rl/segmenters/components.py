"""The parts of a mask that a scribble vouches for."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def touching_components(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the 8-connected components of a mask that contain at least one inside-labelled pixel.

    A flood fill that takes whole runs of a row at once.

    Args:
        mask: (H, W) bool.
        inside: (H, W) bool, the pixels labelled as object. Those that are not in the mask count for nothing.

    Returns:
        (H, W) bool, a fresh array.
    """
    height, width = mask.shape
    unvisited = mask.copy()
    kept = np.zeros((height, width), dtype=np.bool_)
    # Every pixel on the stack starts a run, and a run is seen from the rows on both sides at most.
    stack = np.empty((2 * height * width + 1, 2), dtype=np.int32)
    for seed_row in range(height):
        for seed_column in range(width):
            if not (inside[seed_row, seed_column] and unvisited[seed_row, seed_column]):
                continue
            stack[0] = seed_row, seed_column
            size = 1
            while size > 0:
                size -= 1
                row, column = stack[size]
                if not unvisited[row, column]:
                    continue
                start = column
                while start > 0 and unvisited[row, start - 1]:
                    start -= 1
                end = column + 1
                while end < width and unvisited[row, end]:
                    end += 1
                unvisited[row, start:end] = False
                kept[row, start:end] = True
                for near_row in (row - 1, row + 1):
                    if 0 <= near_row < height:
                        in_run = False
                        for near in range(max(start - 1, 0), min(end + 1, width)):
                            if unvisited[near_row, near] and not in_run:
                                stack[size] = near_row, near
                                size += 1
                            in_run = unvisited[near_row, near]
    return kept
