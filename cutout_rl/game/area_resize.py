"""Shrinking by area averaging, as OpenCV's INTER_AREA does it, bit for bit."""

import numba
import numpy as np
from numpy.typing import NDArray

_INSIDE = 255


@numba.njit(cache=True, nogil=True)
def shrink_mask(mask: NDArray[np.bool_], small: NDArray[np.uint8]) -> None:
    """Shrink a mask, of 255 inside and 0 outside.

    Compiled, so that a batch can draw its observations without Python.

    Args:
        mask: (H, H) bool.
        small: (S, S) uint8, S at most H; written.
    """
    size, small_size = len(mask), len(small)
    ratio = size // small_size
    if size != ratio * small_size:
        _shrink_by_fraction(mask, small)
        return
    scale = np.float32(1 / (ratio * ratio))
    averages = np.empty(ratio * ratio + 1, np.uint8)
    for count in range(len(averages)):
        averages[count] = np.uint8(np.rint(np.float32(_INSIDE * count) * scale))
    counts = np.empty(size, np.uint16)
    for row in range(small_size):
        # The compiler vectorises the sum of whole rows.
        counts[:] = 0
        for r in range(row * ratio, (row + 1) * ratio):
            for c in range(size):
                counts[c] += np.uint16(mask[r, c])
        for column in range(small_size):
            first = np.uint64(column * ratio)
            count = np.uint64(0)
            for c in range(np.uint64(ratio)):
                count += np.uint64(counts[first + c])
            small[row, column] = averages[count]


@numba.njit(cache=True, nogil=True)
def _shrink_by_fraction(mask: NDArray[np.bool_], small: NDArray[np.uint8]) -> None:
    size, small_size = len(mask), len(small)
    sources, shares, bounds = _taps(size, small_size)
    sums = np.zeros(small_size, np.float32)
    for row in range(small_size):
        for tap_y in range(bounds[row], bounds[row + 1]):
            for column in range(small_size):
                along = np.float32(0)
                for tap_x in range(bounds[column], bounds[column + 1]):
                    along += np.float32(_INSIDE * mask[sources[tap_y], sources[tap_x]]) * shares[tap_x]
                first = tap_y == bounds[row]
                sums[column] = shares[tap_y] * along if first else sums[column] + shares[tap_y] * along
        for column in range(small_size):
            small[row, column] = np.uint8(np.rint(sums[column]))


@numba.njit(cache=True, nogil=True)
def _taps(size: int, small_size: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Return which pixels a shrunk pixel averages along one axis.

    Returns:
        The (T,) int64 source pixels, their (T,) float32 shares, and the (small_size + 1,) int64 bounds of each shrunk
        pixel's part of both.
    """
    sources = np.empty(size + 2 * small_size, np.int64)
    shares = np.empty(size + 2 * small_size, np.float32)
    bounds = np.zeros(small_size + 1, np.int64)
    scale = size / small_size
    count = 0
    for pixel in range(small_size):
        start, end = pixel * scale, pixel * scale + scale
        width = min(scale, size - start)
        first, last = int(np.ceil(start)), min(int(np.floor(end)), size - 1)
        first = min(first, last)
        if first - start > 1e-3:
            sources[count], shares[count] = first - 1, (first - start) / width
            count += 1
        for source in range(first, last):
            sources[count], shares[count] = source, 1 / width
            count += 1
        if end - last > 1e-3:
            sources[count], shares[count] = last, min(min(end - last, 1.0), width) / width
            count += 1
        bounds[pixel + 1] = count
    return sources[:count], shares[:count], bounds
