"""CIELAB colours and the colour histograms of the two scribbles."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

BINS = 16
# exp(-d^2 / (2 * 0.6^2)) of bin distances -1, 0, 1, times 4.
KERNEL = np.array([1, 4, 1], dtype=np.int64)
_REACH = 1
_SIDE = BINS + 2 * _REACH
# Unlabelled border pixels are weak evidence of background: each counts as 5/16 of a labelled pixel.
PIXEL_WEIGHT = 16
BORDER_WEIGHT = 5
# Mass added to every cell per labelled pixel, so that the ratio of unseen colours is defined.
UNSEEN_MASS = 1

# 8-bit sRGB to linear light (IEC 61966-2-1), and linear light to XYZ relative to the D65 white.
_CODES = np.arange(256) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)
_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
) / np.array([[0.95047], [1.0], [1.08883]])

# CIELAB's cube root with its linear toe; linear interpolation in this table is within 0.01 of L, a and b.
_STEPS = 4096
_LIGHT = np.arange(_STEPS + 2) / _STEPS
_CUBE_ROOTS = np.where(_LIGHT > 216 / 24389, np.cbrt(_LIGHT), 841 / 108 * _LIGHT + 4 / 29)


@numba.njit(cache=True, nogil=True)
def to_lab(image: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Convert (H, W, 3) uint8 sRGB to (H, W, 3) int16 CIELAB (D65) in hundredths: L in [0, 10000], a, b in +-11000."""
    height, width, _ = image.shape
    lab = np.empty((height, width, 3), dtype=np.int16)
    for row in range(height):
        for column in range(width):
            red = _LINEAR[image[row, column, 0]]
            green = _LINEAR[image[row, column, 1]]
            blue = _LINEAR[image[row, column, 2]]
            x = _compressed(_XYZ[0, 0] * red + _XYZ[0, 1] * green + _XYZ[0, 2] * blue)
            y = _compressed(_XYZ[1, 0] * red + _XYZ[1, 1] * green + _XYZ[1, 2] * blue)
            z = _compressed(_XYZ[2, 0] * red + _XYZ[2, 1] * green + _XYZ[2, 2] * blue)
            lab[row, column, 0] = np.int16(np.floor(11600 * y - 1599.5))
            lab[row, column, 1] = np.int16(np.floor(50000 * (x - y) + 0.5))
            lab[row, column, 2] = np.int16(np.floor(20000 * (y - z) + 0.5))
    return lab


@numba.njit(cache=True, nogil=True)
def _compressed(light: float) -> float:
    """Interpolate CIELAB's cube root in its table."""
    place = light * _STEPS
    step = int(place)
    return float(_CUBE_ROOTS[step] + (place - step) * (_CUBE_ROOTS[step + 1] - _CUBE_ROOTS[step]))


class ColourModel(NamedTuple):
    """Two smoothed Lab histograms with 16 bins per axis, which span the image's range on that axis.

    Attributes:
        palette: (C,) int32, the histogram cells that occur in the image.
        colour: (H, W) uint16, each pixel's index into the palette.
        mass: (2, (16 + 2)^3) int64, one histogram per label, its weight times 6^3; padded by one cell for the kernel.
        weight: (2,) int64, PIXEL_WEIGHT for each labelled pixel plus BORDER_WEIGHT for each counted border pixel.
    """

    palette: NDArray[np.int32]
    colour: NDArray[np.uint16]
    mass: NDArray[np.int64]
    weight: NDArray[np.int64]


def build_colour_model(lab: NDArray[np.int16]) -> ColourModel:
    """Quantise an (H, W, 3) int16 image in hundredths of Lab; return its model with empty histograms."""
    palette, colour = _index_colours(lab)
    return ColourModel(palette, colour, np.zeros((2, _SIDE**3), dtype=np.int64), np.zeros(2, dtype=np.int64))


@numba.njit(cache=True, nogil=True)
def _index_colours(lab: NDArray[np.int16]) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    height, width, _ = lab.shape
    index_of = np.full(_SIDE**3, -1, dtype=np.int16)
    palette = np.empty(BINS**3, dtype=np.int32)
    colour = np.empty((height, width), dtype=np.uint16)
    lowest = np.empty(3, dtype=np.int64)
    spread = np.empty(3, dtype=np.int64)
    for channel in range(3):
        lowest[channel] = lab[:, :, channel].min()
        spread[channel] = lab[:, :, channel].max() - lowest[channel] + 1
    size = 0
    for row in range(height):
        for column in range(width):
            cell = 0
            for channel in range(3):
                offset = np.int64(lab[row, column, channel]) - lowest[channel]
                cell = cell * _SIDE + offset * BINS // spread[channel] + _REACH
            if index_of[cell] < 0:
                index_of[cell] = size
                palette[size] = cell
                size += 1
            colour[row, column] = index_of[cell]
    return palette[:size].copy(), colour


@numba.njit(cache=True, nogil=True)
def count_pixel(model: ColourModel, row: int, column: int, label: int, weight: int) -> None:
    """Add one pixel to a label's histogram, smoothed by the kernel; a negative weight removes it."""
    model.weight[label] += weight
    mass = model.mass[label]
    corner = model.palette[model.colour[row, column]] - _REACH * (_SIDE * _SIDE + _SIDE + 1)
    for i in range(2 * _REACH + 1):
        for j in range(2 * _REACH + 1):
            base = corner + (i * _SIDE + j) * _SIDE
            for k in range(2 * _REACH + 1):
                mass[base + k] += weight * KERNEL[i] * KERNEL[j] * KERNEL[k]


@numba.njit(cache=True, nogil=True)
def log_ratios(model: ColourModel, clip: float) -> NDArray[np.int32]:
    """Compute the log ratio of the two histograms for each colour.

    Args:
        model: the histograms.
        clip: bound on the magnitude of a log ratio, in nats.

    Returns:
        (C,) int32, log of the density inside over the density outside, in 1/512 nat; 0 while a label has no weight.
    """
    ratios = np.zeros(len(model.palette), dtype=np.int32)
    outside, inside = model.weight[0], model.weight[1]
    if inside == 0 or outside == 0:
        return ratios
    for index, cell in enumerate(model.palette):
        density_in = (PIXEL_WEIGHT * model.mass[1, cell] + UNSEEN_MASS * inside) / inside
        density_out = (PIXEL_WEIGHT * model.mass[0, cell] + UNSEEN_MASS * outside) / outside
        ratio = np.log(density_in / density_out)
        ratios[index] = np.int32(np.floor(512 * min(max(ratio, -clip), clip) + 0.5))
    return ratios
