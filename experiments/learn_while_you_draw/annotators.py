"""Simulated people who know the truth and annotate an image stroke by stroke, in pixels as the network sees them.

All draw with the same pen, strokes of the same length, and never across the object's contour.
"""

from collections.abc import Callable
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import line
from skimage.graph import MCP
from skimage.morphology import skeletonize

from cutout_rl.data import Sample
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

STROKE_LENGTH: Final = 12  # px
PEN: Final = np.ones((2, 2), np.bool_)

Annotator = Literal["corrections", "scribbles", "everything"]
ANNOTATORS: Final[tuple[Annotator, ...]] = get_args(Annotator)

Mask = NDArray[np.bool_]


def correct(sample: Sample, guess: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw from where the largest error is deepest along its middle; None where nothing is wrong.

    Args:
        sample: image and truth.
        guess: (H, W) bool, what the network takes for the object.
        rng: not used, for this person looks.

    Returns:
        (H, W) bool, the stroke.
    """
    wrong = (guess != sample.mask) & ~sample.void
    if not wrong.any():
        return None
    # Errors of both kinds do not connect.
    parts = [ndimage.label(wrong & side)[0] for side in (sample.mask, ~sample.mask)]
    regions = [part == np.argmax(np.bincount(part[part > 0])) for part in parts if part.any()]
    region = max(regions, key=np.count_nonzero)
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    middle = np.unravel_index(np.argmax(depth), depth.shape)
    path = skeletonize(region)  # type: ignore[no-untyped-call]
    path[middle] = True
    near = ndimage.binary_dilation(path, np.ones((3, 3))) & region  # so that the deepest pixel hangs on to the skeleton
    ways = MCP(np.where(path, 1.0, np.where(near, 2.0, -1.0)), fully_connected=True)
    travelled, _ = ways.find_costs([middle])
    end = np.unravel_index(np.argmax(np.where(travelled <= STROKE_LENGTH, travelled, -1)), travelled.shape)
    stroke = np.zeros_like(region)
    stroke[tuple(np.transpose(ways.traceback(end)))] = True
    return _with_pen(sample, stroke, bool(sample.mask[middle]))


def scribble(sample: Sample, guess: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw a straight line from a pixel, in a direction, both drawn at random; other than that as `correct` does.

    Args:
        sample: image and truth.
        guess: not looked at.
        rng: draws.
    """
    known = np.argwhere(~sample.void)
    row, column = known[rng.integers(len(known))]
    angle = rng.uniform(0, 2 * np.pi)
    end = np.array((row, column)) + STROKE_LENGTH * np.array((np.sin(angle), np.cos(angle)))
    rows, columns = line(row, column, *np.round(end).astype(int))  # type: ignore[no-untyped-call]
    height, width = sample.mask.shape
    path = np.zeros_like(sample.mask)
    for r, c in zip(rows, columns, strict=True):
        # The pen is lifted at the contour and at the border.
        if not (0 <= r < height and 0 <= c < width and sample.mask[r, c] == sample.mask[row, column]):
            break
        path[r, c] = True
    return _with_pen(sample, path, bool(sample.mask[row, column]))


def annotate_everything(sample: Sample, guess: Mask, rng: np.random.Generator) -> Mask | None:
    """Annotate every pixel at once, which no person would; the other arguments are not looked at."""
    return ~sample.void


DRAW: Final[dict[Annotator, Callable[[Sample, Mask, np.random.Generator], Mask | None]]] = {
    "corrections": correct,
    "scribbles": scribble,
    "everything": annotate_everything,
}


def label(labels: NDArray[np.uint8], stroke: Mask, sample: Sample) -> None:
    """Write the truth under a stroke into (H, W) uint8 labels: 0 not annotated, 1 inside, 2 outside."""
    labels[stroke] = np.where(sample.mask[stroke], LABELLED_INSIDE, LABELLED_OUTSIDE)


def _with_pen(sample: Sample, path: Mask, inside: bool) -> Mask:
    drawn = ndimage.binary_dilation(path, PEN)
    return np.asarray(drawn & (sample.mask == inside) & ~sample.void, np.bool_)
