"""Regions and distances that simulated users look at."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from cutout_rl.data import Sample

# Lengths in pixels of an image whose side is 128; they scale with the image.
REFERENCE_SIZE: Final = 128
PEN_WIDTH: Final = 3.0
LONGEST_STROKE: Final = 40

EIGHT_NEIGHBOURS: Final = np.ones((3, 3), np.bool_)
FOUR_NEIGHBOURS: Final = ndimage.generate_binary_structure(2, 1)

Mask = NDArray[np.bool_]


def scale_of(sample: Sample) -> float:
    """Return the side of an image as a multiple of `REFERENCE_SIZE`."""
    return len(sample.mask) / REFERENCE_SIZE


def largest_error(mask: Mask, sample: Sample, neighbours: Mask = EIGHT_NEIGHBOURS) -> Mask:
    """Return the largest connected error of a mask, (H, W) bool.

    False negatives and false positives do not connect.
    """
    largest = np.zeros_like(sample.mask)
    for kind in (sample.mask & ~mask, mask & ~sample.mask):
        parts, count = ndimage.label(kind & ~sample.void, structure=neighbours)
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if sizes.max() > np.count_nonzero(largest):
                largest = parts == 1 + np.argmax(sizes)
    return largest


def depth_within(region: Mask) -> NDArray[np.float64]:
    """Return each pixel's distance to the nearest pixel outside a region or outside the image, in pixels."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1], dtype=np.float64)


def deepest_pixel(region: Mask) -> tuple[int, int]:
    """Return the row and column of a region's deepest pixel, the first of several."""
    row, column = np.unravel_index(np.argmax(depth_within(region)), region.shape)
    return int(row), int(column)


def distance_to(pixels: Mask) -> NDArray[np.float64]:
    """Return each pixel's distance to the nearest of some pixels, without regard to the border of the image."""
    return np.asarray(ndimage.distance_transform_edt(~pixels), dtype=np.float64)


def skeletonized(region: Mask) -> Mask:
    """Return the skeleton of a region (Zhang and Suen, 1984), (H, W) bool."""
    return np.asarray(skeletonize(region), dtype=np.bool_)  # type: ignore[no-untyped-call]
