"""Copying of masks between parts of an image that have different resolutions."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.edits import Box

Mask = NDArray[np.bool_]


def copy_mask(source: Mask, source_box: Box, target: Mask, target_box: Box) -> None:
    """Copy a mask into another one where both lie, to each pixel the one that has its centre.

    Args:
        source: (h, w) bool.
        source_box: its part of the image.
        target: (h, w) bool, changed in place.
        target_box: its part of the image.
    """
    own, other = target_box, source_box
    rows, from_rows = _places(target.shape[0], own.top, own.bottom, source.shape[0], other.top, other.bottom)
    columns, from_columns = _places(target.shape[1], own.left, own.right, source.shape[1], other.left, other.right)
    target[np.ix_(rows, columns)] = source[np.ix_(from_rows, from_columns)]


def _places(
    count: int, begin: int, end: int, source_count: int, first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pixels of a side whose centres lie on the source's, and the pixels of the source that have them."""
    at = begin + (np.arange(count) + 0.5) * (end - begin) / count
    within = np.flatnonzero((at >= first) & (at < last))
    return within, ((at[within] - first) * source_count / (last - first)).astype(np.int64)
