"""From samples to pixels: average the light of a pixel's samples, and let them vote on its mask."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.images.faces.parts import BACKGROUND
from cutout_rl.images.faces.raster import Float32, UInt8


@numba.njit(cache=True, nogil=True)
def resolve(
    light: Float32, parts: UInt8, behind: Float32, members: NDArray[np.bool_]
) -> tuple[Float32, NDArray[np.bool_]]:
    """Put k x k samples down to each pixel.

    Args:
        light: (S * k, S * k, 3) linear light of the samples.
        parts: (S * k, S * k) part of each sample.
        behind: (S, S, 3) linear light of the background.
        members: (P,) whether a part belongs to the mask.

    Returns:
        The (S, S, 3) linear light, and the (S, S) mask of the pixels at least half of whose samples are members.
    """
    size = behind.shape[0]
    k = parts.shape[0] // size
    pixels = np.empty((size, size, 3), dtype=np.float32)
    mask = np.empty((size, size), dtype=np.bool_)
    share = np.float32(1.0 / (k * k))
    for y in range(size):
        for x in range(size):
            red = green = blue = np.float32(0.0)
            votes = 0
            empty = 0
            for sy in range(y * k, y * k + k):
                for sx in range(x * k, x * k + k):
                    part = parts[sy, sx]
                    votes += members[part]
                    if part == BACKGROUND:
                        empty += 1
                    else:
                        red += light[sy, sx, 0]
                        green += light[sy, sx, 1]
                        blue += light[sy, sx, 2]
            open_share = np.float32(empty) * share
            pixels[y, x, 0] = red * share + behind[y, x, 0] * open_share
            pixels[y, x, 1] = green * share + behind[y, x, 1] * open_share
            pixels[y, x, 2] = blue * share + behind[y, x, 2] * open_share
            mask[y, x] = 2 * votes >= k * k
    return pixels, mask
