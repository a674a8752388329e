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
    stride = width + 2
    unvisited = np.zeros((height + 2) * stride, dtype=np.bool_)
    unvisited.reshape((height + 2, stride))[1:-1, 1:-1] = mask
    kept = np.zeros((height + 2, stride), dtype=np.bool_)
    visited = kept.reshape(-1)
    stack = np.empty(height * width, dtype=np.int32)
    for row in range(height):
        for column in range(width):
            if not inside[row, column]:
                continue
            seed = (row + 1) * stride + column + 1
            size = 0
            if unvisited[seed]:
                unvisited[seed] = False
                stack[0] = seed
                size = 1
            while size > 0:
                size -= 1
                node = stack[size]
                visited[node] = True
                for middle in range(node - stride, node + stride + 1, stride):
                    for near in range(middle - 1, middle + 2):
                        if unvisited[near]:
                            unvisited[near] = False
                            stack[size] = near
                            size += 1
    answer: NDArray[np.bool_] = kept[1:-1, 1:-1].copy()
    return answer
