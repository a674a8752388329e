"""Simulated annotators of the images that the online network learns from; all keep within the contour."""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from scipy import ndimage
from skimage import draw
from skimage.graph import MCP

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.regions import (
    EIGHT_NEIGHBOURS,
    FOUR_NEIGHBOURS,
    Mask,
    deepest_pixel,
    largest_error,
    skeletonized,
)

# Lengths in pixels of the image as the online network sees it.
ANNOTATION_LENGTH: Final = 12
ANNOTATION_PEN: Final = np.ones((2, 2), np.bool_)

Annotator = Literal["corrections", "scribbles", "everything"]


def correct(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw along the middle of the largest error, starting at its deepest pixel; None if there is no error.

    Args:
        sample: the image and its ground truth.
        predicted: (H, W) bool, the network's mask.
        rng: unused.

    Returns:
        (H, W) bool, the stroke.
    """
    error = largest_error(predicted, sample, FOUR_NEIGHBOURS)
    if not error.any():
        return None
    start = deepest_pixel(error)
    path = skeletonized(error)
    path[start] = True
    near = ndimage.binary_dilation(path, EIGHT_NEIGHBOURS) & error  # connects the deepest pixel to the skeleton
    router = MCP(np.where(path, 1.0, np.where(near, 2.0, -1.0)), fully_connected=True)
    travelled, _ = router.find_costs([start])
    end = np.unravel_index(np.argmax(np.where(travelled <= ANNOTATION_LENGTH, travelled, -1)), travelled.shape)
    stroke = np.zeros_like(error)
    stroke[tuple(np.transpose(router.traceback(end)))] = True
    return _with_annotation_pen(sample, stroke, bool(sample.mask[start]))


def scribble(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw a straight line from a random pixel in a random direction, up to the contour or the border of the image.

    Args:
        sample: the image and its ground truth.
        predicted: unused.
        rng: source of the pixel and the direction.

    Returns:
        (H, W) bool, the stroke.
    """
    known = np.argwhere(~sample.void)
    row, column = known[rng.integers(len(known))]
    angle = rng.uniform(0, 2 * np.pi)
    end = np.array((row, column)) + ANNOTATION_LENGTH * np.array((np.sin(angle), np.cos(angle)))
    rows, columns = draw.line(row, column, *np.round(end).astype(int))  # type: ignore[no-untyped-call]
    height, width = sample.mask.shape
    path = np.zeros_like(sample.mask)
    for r, c in zip(rows, columns, strict=True):
        if not (0 <= r < height and 0 <= c < width and sample.mask[r, c] == sample.mask[row, column]):
            break
        path[r, c] = True
    return _with_annotation_pen(sample, path, bool(sample.mask[row, column]))


def annotate_everything(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Return all pixels that are not void; the other arguments are unused. An upper bound, not a realistic user."""
    return ~sample.void


ANNOTATORS: Final[dict[Annotator, Callable[[Sample, Mask, np.random.Generator], Mask | None]]] = {
    "corrections": correct,
    "scribbles": scribble,
    "everything": annotate_everything,
}


def _with_annotation_pen(sample: Sample, path: Mask, inside: bool) -> Mask:
    drawn = ndimage.binary_dilation(path, ANNOTATION_PEN)
    return np.asarray(drawn & (sample.mask == inside) & ~sample.void, np.bool_)
