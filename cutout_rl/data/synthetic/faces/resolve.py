"""Downsampling of samples to pixels, mask voting, tone mapping and sensor noise."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.noise import GRAIN
from cutout_rl.data.synthetic.faces.part_labels import BACKGROUND

_TONE_STEPS = 2048


def _tone_curve() -> Float32:
    """Tabulate sRGB in [0, 255] over the square root of linear light in [0, 2], with highlight roll-off."""
    light = np.linspace(0, np.sqrt(2.0), _TONE_STEPS) ** 2
    rolled = np.where(light > 0.6, 0.6 + 0.4 * (1 - np.exp(-(light - 0.6) / 0.4)), light)
    return np.asarray(255.0 * rolled ** (1 / 2.2), dtype=np.float32)


_TONES: Float32 = _tone_curve()


@numba.njit(cache=True, nogil=True, error_model="numpy")
def resolve(
    light: Float32, parts: UInt8, background: UInt8, to_linear: Float32, members: NDArray[np.bool_]
) -> tuple[Float32, NDArray[np.bool_]]:
    """Average k x k samples per pixel and vote on the mask.

    Args:
        light: (S * k, S * k, 3) linear light of the samples.
        parts: (S * k, S * k) part of each sample.
        background: (S, S, 3) sRGB.
        to_linear: (256,) linear light of sRGB values.
        members: (P,) bool, whether a part belongs to the mask.

    Returns:
        The (S, S, 3) linear light, and the (S, S) mask of pixels with at least half of their samples in members.
    """
    size = background.shape[0]
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
            pixels[y, x, 0] = red * share + to_linear[background[y, x, 0]] * open_share
            pixels[y, x, 1] = green * share + to_linear[background[y, x, 1]] * open_share
            pixels[y, x, 2] = blue * share + to_linear[background[y, x, 2]] * open_share
            mask[y, x] = 2 * votes >= k * k
    return pixels, mask


@numba.njit(cache=True, nogil=True, error_model="numpy")
def tone_map(pixels: Float32, noise_level: float, offset: NDArray[np.int64], noise: Float32) -> UInt8:
    """Convert (S, S, 3) linear light to uint8 sRGB, with noise of standard deviation `noise_level`.

    `offset` holds the row and column in [0, 256) at which the (256, 256, 3) noise tile begins.
    """
    size = pixels.shape[0]
    image = np.empty(pixels.shape, dtype=np.uint8)
    scale = np.float32((_TONE_STEPS - 1) / np.sqrt(2.0))
    level = np.float32(2.0 * noise_level)
    for y in range(size):
        for x in range(size):
            for k in range(3):
                place = np.sqrt(min(pixels[y, x, k], np.float32(1.999))) * scale
                step = int(place)
                tone = _TONES[step] + (place - np.float32(step)) * (_TONES[step + 1] - _TONES[step])
                # The channels read the tile at different offsets, so that their noise is independent.
                grain = noise[(offset[0] + y + 85 * k) & 255, (offset[1] + x + 37 * k) & 255, GRAIN]
                image[y, x, k] = np.uint8(
                    min(max(tone + level * grain + np.float32(0.5), np.float32(0.0)), np.float32(255.0))
                )
    return image
