"""Simulated people who look at the mask and draw into its largest error, by a dot or by a line."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric
from skimage.morphology import skeletonize

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users import (
    EIGHT_NEIGHBOURS,
    LONGEST_STROKE,
    PEN_WIDTH,
    REFERENCE_SIZE,
    Mask,
    depth_within,
    largest_error,
)
from cutout_rl.web.edits import Pen, Stroke

Person = Callable[[Mask, Sample], Stroke | None]


def dot(mask: Mask, sample: Sample) -> Stroke | None:
    """Click where the largest error is deepest; None where nothing is wrong.

    Args:
        mask: (H, W) bool, what the page shows.
        sample: the image and its truth.
    """
    error = largest_error(mask, sample)
    return _dot(error, _pen(error, sample), sample) if error.any() else None


def line(mask: Mask, sample: Sample) -> Stroke | None:
    """Draw along the middle of the largest error, over its core and at most 40 px of a 128 px image; else as `dot`.

    The core is all that is at least half as deep as its deepest point and connected to it. The line is the longest
    shortest way along its skeleton, and as thin as it must be not to leave the error.
    """
    error = largest_error(mask, sample)
    if not error.any():
        return None
    depth = depth_within(error)
    parts, _ = ndimage.label(2 * depth >= depth.max(), structure=EIGHT_NEIGHBOURS)
    core = parts == parts.flat[np.argmax(depth)]
    way = _longest_way(np.asarray(skeletonize(core), np.bool_))  # type: ignore[no-untyped-call]
    spare = max(0, len(way) - round(LONGEST_STROKE * _scale(sample)))
    way = way[spare // 2 : len(way) - (spare - spare // 2)]
    shallowest = min(depth[row, column] for row, column in way)
    return _stroke(_pen(error, sample), [(row, column) for row, column in way], shallowest, sample)


def points(sample: Sample) -> tuple[Stroke, Stroke]:
    """Click into the middle of the object and of what is not the object, to tell an agent where to start."""
    return _dot(sample.mask, "inside", sample), _dot(~sample.mask & ~sample.void, "outside", sample)


PEOPLE: Final[dict[str, Person]] = {"dots": dot, "lines": line}


def _dot(region: Mask, pen: Pen, sample: Sample) -> Stroke:
    depth = depth_within(region)
    row, column = np.unravel_index(np.argmax(depth), depth.shape)
    return _stroke(pen, [(int(row), int(column))], float(depth.max()), sample)


def _pen(error: Mask, sample: Sample) -> Pen:
    return "inside" if sample.mask[error][0] else "outside"


def _stroke(pen: Pen, way: list[tuple[int, int]], depth: float, sample: Sample) -> Stroke:
    width = max(1, min(round(PEN_WIDTH * _scale(sample)), math.floor(2 * (depth - 1))))
    return Stroke(pen, width, tuple((float(column), float(row)) for row, column in way))


def _longest_way(skeleton: Mask) -> list[tuple[int, int]]:
    """Give the pixels of the longest of the shortest ways between two pixels of a connected skeleton without rings."""
    costs: NDArray[np.float64] = np.where(skeleton, 1.0, -1.0)
    end = tuple(np.argwhere(skeleton)[0])
    for _ in range(2):  # what is farthest from anywhere is one end, what is farthest from that the other
        router = MCP_Geometric(costs)
        travelled, _ = router.find_costs([end])
        end = np.unravel_index(np.argmax(np.where(np.isfinite(travelled), travelled, -1.0)), travelled.shape)
    return [(int(row), int(column)) for row, column in router.traceback(end)]


def _scale(sample: Sample) -> float:
    return len(sample.mask) / REFERENCE_SIZE
