"""Masks whose levels are not exact: compression noise and soft edges."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.trimap_kinds import BACKGROUND, OBJECT, VOID

# In lossy files, levels further than this from 0, 128 and 255 are more than noise.
_NOISE: Final = 32
_FLAT_NOISE: Final = 12  # the same for areas without an edge
_MAX_SOFT_SHARE: Final = 0.1
_FEWEST_SOFT_LEVELS: Final = 8
_BLOCK: Final = 8  # side of the blocks that JPEG compresses


def without_noise(values: NDArray[Any], counts: NDArray[np.int64], noise: int) -> NDArray[np.uint8] | None:
    """Round the levels of a lossy mask to 0, 128 and 255; return None if more than noise keeps them from these.

    Args:
        values: (H, W) uint8.
        counts: pixels of each level.
        noise: by how much areas of one level may differ.
    """
    if counts.size > 256:
        return None
    anchors = np.array([BACKGROUND, VOID, OBJECT])
    distances = np.abs(np.arange(256)[:, None] - anchors)
    nearest = anchors[distances.argmin(axis=1)].astype(np.uint8)
    if counts[distances.min(axis=1) > _NOISE].sum() > _MAX_SOFT_SHARE * values.size or not nearest[counts > 0].any():
        return None
    # An area without an edge has one level in the whole file, so two of them near one anchor are two classes.
    level_near: dict[int, int] = {}
    for level in _flat_levels(values):
        anchor = int(nearest[level])
        if abs(level - anchor) > _FLAT_NOISE or abs(level - level_near.setdefault(anchor, level)) > noise:
            return None
    return np.asarray(nearest[values], np.uint8)


def _flat_levels(values: NDArray[Any]) -> list[int]:
    """Return the levels of the blocks of one level that are more than 2 % of such blocks, and at least four."""
    height, width = (side // _BLOCK for side in values.shape)
    blocks = values[: height * _BLOCK, : width * _BLOCK].reshape(height, _BLOCK, width, _BLOCK)
    low, high = blocks.min(axis=(1, 3), initial=255), blocks.max(axis=(1, 3), initial=0)
    flat = low[low == high]
    counts = np.bincount(flat, minlength=256)
    return [int(level) for level in np.flatnonzero(counts > max(3, 0.02 * flat.size))]


def has_soft_edges(values: NDArray[Any], counts: NDArray[np.int64], exact: set[int]) -> bool:
    """Return whether the levels of a lossless mask that are not exact form thin edges, as of drawing programs.

    Args:
        values: (H, W) uint8 or uint16.
        counts: pixels of each level.
        exact: the levels of background, object and void.
    """
    soft = np.setdiff1d(np.flatnonzero(counts), list(exact))
    if len(soft) < _FEWEST_SOFT_LEVELS or counts[soft].sum() > _MAX_SOFT_SHARE * values.size:
        return False
    box = np.ones((3, 3), np.uint8)
    areas = cv2.erode(values, box) == cv2.dilate(values, box)
    return not np.isin(values[areas], soft).any()
