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
HISTOGRAM_CELLS = _SIDE**3
PALETTE_SIZE = BINS**3
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
# (3, 256, 3): what each value of red, green and blue adds to the places of x, y and z in that table. The number of
# steps is a power of two, so that the factor rounds nothing.
_PLACES = _STEPS * np.ascontiguousarray(_XYZ.T[:, None, :] * _LINEAR[None, :, None])


def to_lab(image: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Convert (H, W, 3) uint8 sRGB to (H, W, 3) int16 CIELAB (D65) in hundredths: L in [0, 10000], a, b in +-11000."""
    height, width, _ = image.shape
    lab = np.empty((3, height, width), dtype=np.int16)
    convert_to_lab(image, np.empty((3, width)), lab)
    return np.ascontiguousarray(np.moveaxis(lab, 0, -1))


@numba.njit(cache=True, nogil=True)
def convert_to_lab(image: NDArray[np.uint8], lines: NDArray[np.float64], lab: NDArray[np.int16]) -> None:
    """Convert as `to_lab` does.

    Args:
        image: (H, W, 3) uint8.
        lines: (3, W or more) float64, overwritten.
        lab: (3, H, W) int16, written.
    """
    height, width, _ = image.shape
    x, y, z = lines[0], lines[1], lines[2]
    for row in range(height):
        colours = image[row]
        for column in range(width):
            red, green, blue = colours[column, 0], colours[column, 1], colours[column, 2]
            x[column] = _compressed(_PLACES[0, red, 0] + _PLACES[1, green, 0] + _PLACES[2, blue, 0])
            y[column] = _compressed(_PLACES[0, red, 1] + _PLACES[1, green, 1] + _PLACES[2, blue, 1])
            z[column] = _compressed(_PLACES[0, red, 2] + _PLACES[1, green, 2] + _PLACES[2, blue, 2])
        # Apart from the tables, so that the compiler vectorises it.
        for column in range(width):
            lab[0, row, column] = np.int32(np.floor(11600 * y[column] - 1599.5))
            lab[1, row, column] = np.int32(np.floor(50000 * (x[column] - y[column]) + 0.5))
            lab[2, row, column] = np.int32(np.floor(20000 * (y[column] - z[column]) + 0.5))


@numba.njit(cache=True, nogil=True)
def _compressed(place: float) -> float:
    """Interpolate CIELAB's cube root in its table, at a place between two entries."""
    step = np.int64(place)
    # Unsigned: numba would test a signed index for negative values.
    entry = np.uint64(step)
    below = _CUBE_ROOTS[entry]
    return float(below + (place - step) * (_CUBE_ROOTS[entry + np.uint64(1)] - below))


class ColourModel(NamedTuple):
    """Two smoothed Lab histograms with 16 bins per axis, which span the image's range on that axis.

    Attributes:
        palette: (16^3,) int16, the histogram cells that occur in the image; only the first are in use.
        palette_size: (1,) int64, their number.
        colour: (H, W) uint16, each pixel's index into the palette.
        mass: ((16 + 2)^3, 2) int64, one histogram per label, its weight times 6^3; padded by one cell for the kernel.
        weight: (2,) int64, PIXEL_WEIGHT for each labelled pixel plus BORDER_WEIGHT for each counted border pixel.
    """

    palette: NDArray[np.int16]
    palette_size: NDArray[np.int64]
    colour: NDArray[np.uint16]
    mass: NDArray[np.int64]
    weight: NDArray[np.int64]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def begin_colour_model(model: ColourModel, lab: NDArray[np.int16], index_of: NDArray[np.int16]) -> None:
    """Quantise a (3, H, W) int16 image in hundredths of Lab and empty the histograms.

    Args:
        model: of one image, written in place.
        lab: the image.
        index_of: (HISTOGRAM_CELLS,) int16, scratch.
    """
    _, height, width = lab.shape
    palette, colour = model.palette, model.colour
    model.mass[:] = 0
    model.weight[:] = 0
    index_of[:] = -1
    colour[:] = 0
    for channel in range(3):
        lowest, highest = np.int32(lab[channel, 0, 0]), np.int32(lab[channel, 0, 0])
        for row in range(height):
            for column in range(width):
                lowest = min(lowest, np.int32(lab[channel, row, column]))
                highest = max(highest, np.int32(lab[channel, row, column]))
        spread = np.float32(highest - lowest + 1)
        for row in range(height):
            values, cells = lab[channel, row], colour[row]
            for column in range(width):
                # The float quotient is exact enough: it is a multiple of 1 / spread away from the next whole number.
                part = np.int32(np.float32((np.int32(values[column]) - lowest) * np.int32(BINS)) / spread)
                cells[column] = np.uint16(np.int32(cells[column]) * np.int32(_SIDE) + part + np.int32(_REACH))
    size = 0
    for row in range(height):
        for column in range(width):
            cell = colour[row, column]
            if index_of[cell] < 0:
                index_of[cell] = size
                palette[size] = cell
                size += 1
            colour[row, column] = index_of[cell]
    model.palette_size[0] = size


@numba.njit(cache=True, nogil=True)
def count_pixel(model: ColourModel, row: int, column: int, label: int, weight: int) -> None:
    """Add one pixel to a label's histogram, smoothed by the kernel; a negative weight removes it."""
    model.weight[label] += weight
    mass = model.mass
    corner = model.palette[model.colour[row, column]] - _REACH * (_SIDE * _SIDE + _SIDE + 1)
    for i in range(2 * _REACH + 1):
        for j in range(2 * _REACH + 1):
            base = corner + (i * _SIDE + j) * _SIDE
            for k in range(2 * _REACH + 1):
                mass[base + k, label] += weight * KERNEL[i] * KERNEL[j] * KERNEL[k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_ratios(model: ColourModel, clip: float, ratios: NDArray[np.int32]) -> None:
    """Compute the log ratio of the two histograms for each colour.

    Args:
        model: the histograms.
        clip: bound on the magnitude of a log ratio, in nats.
        ratios: (16^3,) int32, written: log of the density inside over the density outside, in 1/512 nat; 0 while a
            label has no weight.
    """
    outside, inside = model.weight[0], model.weight[1]
    if inside == 0 or outside == 0:
        ratios[: model.palette_size[0]] = 0
        return
    # Most colours are clipped; the margin of 1e-9 covers the logarithm's rounding.
    above, below = np.exp(clip) * (1 + 1e-9), np.exp(-clip) * (1 - 1e-9)
    highest = np.int32(np.floor(512 * clip + 0.5))
    lowest = np.int32(np.floor(512 * -clip + 0.5))
    for index in range(model.palette_size[0]):
        cell = model.palette[index]
        density_in = (PIXEL_WEIGHT * model.mass[cell, 1] + UNSEEN_MASS * inside) / inside
        density_out = (PIXEL_WEIGHT * model.mass[cell, 0] + UNSEEN_MASS * outside) / outside
        likelier = density_in / density_out
        if likelier > above:
            ratios[index] = highest
        elif likelier < below:
            ratios[index] = lowest
        elif likelier == 1:
            ratios[index] = 0
        else:
            ratio = np.log(likelier)
            ratios[index] = np.int32(np.floor(512 * min(max(ratio, -clip), clip) + 0.5))
