"""Simulated people who know the object, and the scribbles each would draw.

Three draw all their scribbles at once; the greedy robot looks at every mask and puts a dot where it is most wrong, as
in the evaluation of Gulshan et al., "Geodesic Star Convexity for Interactive Image Segmentation", CVPR 2010.
"""

from collections.abc import Callable
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP
from skimage.morphology import skeletonize

from cutout_rl.data import Sample
from cutout_rl.segmenters import INSIDE, OUTSIDE, Label, Segmenter

# Lengths in pixels of an image whose side is 128; they grow with the image.
REFERENCE_SIZE: Final = 128
PEN_WIDTH: Final = 3.0
RING_DISTANCE: Final = 6.0
SHARE: Final = 0.4
MOST_STROKES: Final = 8
FEWEST_STROKES: Final = 4
LONGEST_STROKE: Final = 40
SHORTEST_STROKE: Final = 10

EIGHT_NEIGHBOURS: Final = np.ones((3, 3), dtype=bool)

Mask = NDArray[np.bool_]
Scribbles = dict[Label, Mask]


def full_scribbles(sample: Sample) -> Scribbles:
    """Draw the object's whole skeleton, and a ring all round it."""
    return _with_pen(sample, _skeleton(sample), _ring(sample, RING_DISTANCE))


def partial_scribbles(sample: Sample) -> Scribbles:
    """Draw a connected 40 % of the skeleton and of the ring; the sample's name decides which."""
    rng = _generator(sample, "partial")
    lines = _skeleton(sample), _ring(sample, RING_DISTANCE)
    return _with_pen(sample, *(_connected_piece(line, round(SHARE * line.sum()), rng) for line in lines))


def short_strokes(sample: Sample) -> Scribbles:
    """Draw four to eight strokes of at most 40 px, the first two inside and outside; the sample's name decides which.

    Strokes inside follow the skeleton or the contour, strokes outside the contour, each at a distance of its own.
    """
    rng = _generator(sample, "strokes")
    scale = _scale(sample)
    lines: dict[Label, Mask] = {label: np.zeros_like(sample.mask) for label in (OUTSIDE, INSIDE)}
    depth = float(_distance_to(~sample.mask).max())
    for stroke in range(rng.integers(FEWEST_STROKES, MOST_STROKES + 1)):
        label = (INSIDE, OUTSIDE)[stroke if stroke < 2 else rng.integers(2)]
        length = round(scale * rng.uniform(SHORTEST_STROKE, LONGEST_STROKE))
        if label == OUTSIDE:
            curve = _ring(sample, rng.uniform(2, 16))
        elif rng.random() < 0.5:
            curve = _skeleton(sample)
        else:
            curve = _level(_distance_to(~sample.mask), rng.uniform(0.2, 0.8) * depth)
        lines[label] |= _connected_piece(curve, length, rng)
    return _with_pen(sample, lines[INSIDE], lines[OUTSIDE])


PEOPLE: Final[dict[str, Callable[[Sample], Scribbles]]] = {
    "full": full_scribbles,
    "40 %": partial_scribbles,
    "strokes": short_strokes,
}


def robot_masks(segmenter: Segmenter, sample: Sample, dots: int) -> list[Mask]:
    """Put dots into the largest error one after the other, and give the mask after each.

    A dot is as wide as the pen and lies where its error region is deepest. A robot that finds no error stops; the
    last mask then stands for those that would follow.
    """
    session = segmenter.begin(sample.image)
    mask = np.zeros_like(sample.mask)
    masks: list[Mask] = []
    for _ in range(dots):
        error = largest_error(mask, sample)
        if error.any():
            depth = depth_within(error)
            row, column = map(int, np.unravel_index(np.argmax(depth), depth.shape))
            label = INSIDE if sample.mask[row, column] else OUTSIDE
            dot = _disc(sample.mask.shape, row, column, _scale(sample) * PEN_WIDTH / 2)
            session.label(np.argwhere(dot & (sample.mask == sample.mask[row, column]) & ~sample.void), label)
            mask = session.cut()
        masks.append(mask)
    return masks


def largest_error(mask: Mask, sample: Sample) -> Mask:
    """Find the largest connected error of a mask, (H, W) bool; errors of both kinds do not connect."""
    largest = np.zeros_like(sample.mask)
    for kind in (sample.mask & ~mask, mask & ~sample.mask):
        parts, count = ndimage.label(kind & ~sample.void, structure=EIGHT_NEIGHBOURS)
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if sizes.max() > np.count_nonzero(largest):
                largest = parts == 1 + np.argmax(sizes)
    return largest


def depth_within(region: Mask) -> NDArray[np.float64]:
    """Measure how far every pixel of a region is from what lies outside it; the image's border ends it too."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1], dtype=np.float64)


def _scale(sample: Sample) -> float:
    return len(sample.mask) / REFERENCE_SIZE


def _generator(sample: Sample, kind: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{kind} {sample.name}".encode()))


def _distance_to(pixels: Mask) -> NDArray[np.float64]:
    """Measure to the nearest of some pixels; what lies beyond the border is none of them."""
    return np.asarray(ndimage.distance_transform_edt(~pixels), dtype=np.float64)


def _skeleton(sample: Sample) -> Mask:
    return np.asarray(skeletonize(sample.mask), dtype=np.bool_)  # type: ignore[no-untyped-call]


def _ring(sample: Sample, distance: float) -> Mask:
    """Go round the object at a distance, nearer where nothing of the image is that far away."""
    away = _distance_to(sample.mask)
    distance = _scale(sample) * distance
    return _level(away, min(distance, float(away.max()) / 2))


def _level(height: NDArray[np.float64], level: float) -> Mask:
    """Give the thin line where a distance map crosses a level."""
    higher = height >= level
    return np.asarray(higher & ndimage.binary_dilation(~higher), dtype=np.bool_)


def _connected_piece(line: Mask, length: int, rng: np.random.Generator) -> Mask:
    """Keep the pixels of a line that are nearest, along the line, to one of its pixels drawn at random."""
    pixels = np.argwhere(line)
    if len(pixels) == 0:
        return line
    travelled, _ = MCP(np.where(line, 1.0, -1.0), fully_connected=True).find_costs([pixels[rng.integers(len(pixels))]])
    order = np.argsort(travelled.ravel(), kind="stable")[: max(length, 1)]
    piece = np.zeros(line.size, dtype=bool)
    piece[order] = np.isfinite(travelled.ravel()[order])
    return piece.reshape(line.shape)


def _with_pen(sample: Sample, inside: Mask, outside: Mask) -> Scribbles:
    """Draw lines with the pen's width, without crossing the contour."""
    reach = _scale(sample) * PEN_WIDTH / 2
    sides = {INSIDE: (inside, sample.mask), OUTSIDE: (outside, ~sample.mask)}
    return {
        label: (_distance_to(line) < reach) & side & ~sample.void if line.any() else line
        for label, (line, side) in sides.items()
    }


def _disc(shape: tuple[int, ...], row: int, column: int, radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 < radius**2)
