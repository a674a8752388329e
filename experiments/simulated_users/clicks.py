"""Simulated users who click into the errors of the current mask."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.regions import PEN_WIDTH, Mask, deepest_pixel, largest_error, scale_of
from cutout_rl.segmenters import INSIDE, OUTSIDE, Segmenter


def robot_masks(segmenter: Segmenter, sample: Sample, dots: int) -> list[Mask]:
    """Place dots in the largest error one after the other, and return the mask after each.

    A dot is as wide as the pen and lies at the deepest pixel of the error. Where no error is left, the last mask is
    repeated.
    """
    session = segmenter.begin(sample.image)
    mask = np.zeros_like(sample.mask)
    masks: list[Mask] = []
    for _ in range(dots):
        error = largest_error(mask, sample)
        if error.any():
            row, column = deepest_pixel(error)
            side = sample.mask == sample.mask[row, column]
            dot = _disc(sample.mask.shape, row, column, scale_of(sample) * PEN_WIDTH / 2)
            session.label(np.argwhere(dot & side & ~sample.void), INSIDE if sample.mask[row, column] else OUTSIDE)
            mask = session.cut()
        masks.append(mask)
    return masks


class Click(NamedTuple):
    """A click: the pixel, and whether it belongs to the object."""

    row: int
    column: int
    inside: bool


def next_click(mask: Mask, sample: Sample, clicks: Sequence[Click]) -> Click | None:
    """Choose the next click by the published rule.

    The rule is that of Xu et al. (CVPR 2016), as evaluated by Sofiiuk, Petrov and Konushin (ICIP 2022): of the false
    negatives and the false positives, without void pixels, take the pixel farthest from the edge of its error, where
    the border of the image is an edge too. No pixel is clicked twice.

    Args:
        mask: (H, W) bool, the mask so far.
        sample: the image and its ground truth.
        clicks: the clicks so far.

    Returns:
        The click; None if the mask has no error.
    """
    depths = [_opencv_depth(error & ~sample.void) for error in (sample.mask & ~mask, ~sample.mask & mask)]
    for click in clicks:
        for depth in depths:
            depth[click.row, click.column] = 0
    missed, included = (float(depth.max()) for depth in depths)
    if max(missed, included) == 0:
        return None
    inside = missed > included
    row, column = np.unravel_index(np.argmax(depths[0 if inside else 1]), mask.shape)
    return Click(int(row), int(column), inside)


def _opencv_depth(region: Mask) -> NDArray[np.float32]:
    """Return what `depth_within` does by OpenCV, as the published evaluation does; equal depths differ by rounding."""
    padded = np.pad(region.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1], np.float32)


def _disc(shape: tuple[int, ...], row: int, column: int, radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 < radius**2)
