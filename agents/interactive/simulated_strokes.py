"""Simulated people's strokes for the training of the network."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.game.start_points import sample_start
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_REFERENCE = 128  # px: sizes below are of images of this side


def first_strokes(sample: Sample, rng: np.random.Generator) -> Labels:
    """Draw how a person or a game may begin.

    In equal shares: the start points of a game; a click inside the object; and one to three strokes inside with none to
    three outside.

    Args:
        sample: a square image and its ground truth, with at least a pixel of object and one of background.
        rng: source of the strokes.

    Returns:
        (S, S) uint8 labels, 0 unlabelled, 1 inside, 2 outside.
    """
    kind = rng.integers(3)
    if kind == 0:
        return start_dots(sample, rng)
    labels: Labels = np.zeros(sample.mask.shape, np.uint8)
    strokes = (int(rng.integers(1, 4)), int(rng.integers(4))) if kind == 2 else (1, 0)
    for label, count in zip((LABELLED_INSIDE, LABELLED_OUTSIDE), strokes, strict=True):
        for _ in range(count):
            draw_stroke(labels, label, _region(sample, label), rng, is_dot=kind == 1)
    return labels


def start_dots(sample: Sample, rng: np.random.Generator) -> Labels:
    """Draw dots at the start points of a game; see `first_strokes`."""
    labels: Labels = np.zeros(sample.mask.shape, np.uint8)
    points = sample_start(sample.mask, sample.void, rng)
    for label, point in zip((LABELLED_INSIDE, LABELLED_OUTSIDE), points, strict=True):
        _draw_line(labels, label, _region(sample, label), (point, point), rng)
    return labels


def correct(labels: Labels, sample: Sample, mask: Mask, rng: np.random.Generator) -> None:
    """Draw a stroke or a dot into the largest connected error of a mask; nothing if there is no error.

    Args:
        labels: (S, S) uint8, changed in place; a pixel that has a label keeps it.
        sample: the image and its ground truth.
        mask: (S, S) bool, to be corrected.
        rng: source of the stroke.
    """
    largest, area, label = None, 0, LABELLED_INSIDE
    for side in (LABELLED_INSIDE, LABELLED_OUTSIDE):
        error = _region(sample, side) & (mask != (side == LABELLED_INSIDE)) & (labels == 0)
        _, parts, statistics, _ = cv2.connectedComponentsWithStats(error.view(np.uint8), connectivity=8)
        areas = statistics[1:, cv2.CC_STAT_AREA]
        if len(areas) and areas.max() > area:
            largest, area, label = parts == 1 + areas.argmax(), int(areas.max()), side
    if largest is not None:
        draw_stroke(labels, label, largest, rng, is_dot=rng.random() < 0.4)


def draw_stroke(labels: Labels, label: int, region: Mask, rng: np.random.Generator, is_dot: bool = False) -> None:
    """Draw a straight stroke between two pixels deep in a region, or a dot at one of them.

    Args:
        labels: (S, S) uint8, changed in place; a pixel that has a label keeps it.
        label: to write.
        region: (S, S) bool, with at least one pixel; the stroke stays inside.
        rng: source of the pixels, of how deep they lie, and of the pen's width.
        is_dot: whether to draw a dot.
    """
    depth = cv2.distanceTransform(np.pad(region, 1).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= rng.uniform(0.2, 0.9) * depth.max())
    first = int(rng.integers(len(rows)))
    second = first
    if not is_dot:
        reach = rng.uniform(0.1, 0.7) * len(labels)
        near = np.flatnonzero(np.hypot(rows - rows[first], columns - columns[first]) <= reach)
        second = int(rng.choice(near))
    ends = ((int(rows[first]), int(columns[first])), (int(rows[second]), int(columns[second])))
    _draw_line(labels, label, region, ends, rng)


def _draw_line(
    labels: Labels, label: int, region: Mask, ends: tuple[tuple[int, int], tuple[int, int]], rng: np.random.Generator
) -> None:
    width = max(1, round(rng.uniform(2, 5) * len(labels) / _REFERENCE))
    line = np.zeros(labels.shape, np.uint8)
    cv2.line(line, ends[0][::-1], ends[1][::-1], 1, width)
    labels[line.view(np.bool_) & region & (labels == 0)] = label


def _region(sample: Sample, label: int) -> Mask:
    return (sample.mask if label == LABELLED_INSIDE else ~sample.mask) & ~sample.void
