"""Simulated users who draw all their scribbles at once."""

from collections.abc import Callable
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.regions import (
    LONGEST_STROKE,
    PEN_WIDTH,
    Mask,
    distance_to,
    scale_of,
    skeletonized,
)
from cutout_rl.segmenters import INSIDE, OUTSIDE, Label

# Lengths in pixels of an image whose side is 128; they scale with the image.
RING_DISTANCE: Final = 6.0
SHORTEST_STROKE: Final = 10
SHARE: Final = 0.4
MAX_STROKES: Final = 8
MIN_STROKES: Final = 4

Scribbles = dict[Label, Mask]


def full_scribbles(sample: Sample) -> Scribbles:
    """Draw the object's whole skeleton, and a ring all round it."""
    return _with_pen(sample, skeletonized(sample.mask), _ring(sample, RING_DISTANCE))


def partial_scribbles(sample: Sample) -> Scribbles:
    """Draw a connected 40 % of the skeleton and of the ring; the choice is seeded by the sample's name."""
    rng = _generator(sample, "partial")
    lines = skeletonized(sample.mask), _ring(sample, RING_DISTANCE)
    return _with_pen(sample, *(_connected_piece(line, round(SHARE * line.sum()), rng) for line in lines))


def short_strokes(sample: Sample) -> Scribbles:
    """Draw four to eight strokes of at most 40 px, the first two inside and outside; seeded by the sample's name.

    Strokes inside follow the skeleton or the contour, strokes outside follow the contour, at random distances.
    """
    rng = _generator(sample, "strokes")
    scale = scale_of(sample)
    lines: dict[Label, Mask] = {label: np.zeros_like(sample.mask) for label in (OUTSIDE, INSIDE)}
    depth = float(distance_to(~sample.mask).max())
    for stroke in range(rng.integers(MIN_STROKES, MAX_STROKES + 1)):
        label = (INSIDE, OUTSIDE)[stroke if stroke < 2 else rng.integers(2)]
        length = round(scale * rng.uniform(SHORTEST_STROKE, LONGEST_STROKE))
        if label == OUTSIDE:
            curve = _ring(sample, rng.uniform(2, 16))
        elif rng.random() < 0.5:
            curve = skeletonized(sample.mask)
        else:
            curve = _level_line(distance_to(~sample.mask), rng.uniform(0.2, 0.8) * depth)
        lines[label] |= _connected_piece(curve, length, rng)
    return _with_pen(sample, lines[INSIDE], lines[OUTSIDE])


SCRIBBLE_USERS: Final[dict[str, Callable[[Sample], Scribbles]]] = {
    "full": full_scribbles,
    "40 %": partial_scribbles,
    "strokes": short_strokes,
}


def _generator(sample: Sample, kind: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{kind} {sample.name}".encode()))


def _ring(sample: Sample, distance: float) -> Mask:
    """Return a ring round the object at a distance, or closer where the image does not extend that far."""
    away = distance_to(sample.mask)
    distance = scale_of(sample) * distance
    return _level_line(away, min(distance, float(away.max()) / 2))


def _level_line(height: NDArray[np.float64], level: float) -> Mask:
    """Return the thin line where a distance map crosses a level."""
    higher = height >= level
    return np.asarray(higher & ndimage.binary_dilation(~higher), dtype=np.bool_)


def _connected_piece(line: Mask, length: int, rng: np.random.Generator) -> Mask:
    """Return the pixels of a line that are nearest, along the line, to a random pixel of it."""
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
    reach = scale_of(sample) * PEN_WIDTH / 2
    sides = {INSIDE: (inside, sample.mask), OUTSIDE: (outside, ~sample.mask)}
    return {
        label: (distance_to(line) < reach) & side & ~sample.void if line.any() else line
        for label, (line, side) in sides.items()
    }
