"""Simulated users who correct the largest error of the current mask by a stroke."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.regions import (
    EIGHT_NEIGHBOURS,
    LONGEST_STROKE,
    PEN_WIDTH,
    Mask,
    deepest_pixel,
    depth_within,
    largest_error,
    scale_of,
    skeletonized,
)
from cutout_rl.web.edits import Pen, Stroke

CorrectingUser = Callable[[Mask, Sample], Stroke | None]


def draw_dot(mask: Mask, sample: Sample) -> Stroke | None:
    """Draw a dot at the deepest pixel of the largest error; None if there is no error.

    Args:
        mask: (H, W) bool, the current mask.
        sample: the image and its ground truth.
    """
    error = largest_error(mask, sample)
    return _dot(error, _pen(error, sample), sample) if error.any() else None


def draw_line(mask: Mask, sample: Sample) -> Stroke | None:
    """Draw along the middle of the largest error, at most 40 px of a 128 px image; None if there is no error.

    The line follows the longest path in the skeleton of the error's core: the pixels at least half as deep as the
    deepest one and connected to it. The pen is narrow enough to stay within the error.

    Args:
        mask: (H, W) bool, the current mask.
        sample: the image and its ground truth.
    """
    error = largest_error(mask, sample)
    if not error.any():
        return None
    depth = depth_within(error)
    parts, _ = ndimage.label(2 * depth >= depth.max(), structure=EIGHT_NEIGHBOURS)
    path = _longest_path(skeletonized(parts == parts.flat[np.argmax(depth)]))
    excess = max(0, len(path) - round(LONGEST_STROKE * scale_of(sample)))
    path = path[excess // 2 : len(path) - (excess - excess // 2)]
    shallowest = min(depth[row, column] for row, column in path)
    return _stroke(_pen(error, sample), path, shallowest, sample)


def start_dots(sample: Sample) -> tuple[Stroke, Stroke]:
    """Draw a dot at the deepest pixel of the object and one at that of the background, as an agent's start points."""
    return _dot(sample.mask, "inside", sample), _dot(~sample.mask & ~sample.void, "outside", sample)


CORRECTING_USERS: Final[dict[str, CorrectingUser]] = {"dots": draw_dot, "lines": draw_line}


def _dot(region: Mask, pen: Pen, sample: Sample) -> Stroke:
    return _stroke(pen, [deepest_pixel(region)], float(depth_within(region).max()), sample)


def _pen(error: Mask, sample: Sample) -> Pen:
    return "inside" if sample.mask[error][0] else "outside"


def _stroke(pen: Pen, path: list[tuple[int, int]], depth: float, sample: Sample) -> Stroke:
    width = max(1, min(round(PEN_WIDTH * scale_of(sample)), math.floor(2 * (depth - 1))))
    return Stroke(pen, width, tuple((float(column), float(row)) for row, column in path))


def _longest_path(skeleton: Mask) -> list[tuple[int, int]]:
    """Return the pixels of the longest shortest path in a connected skeleton without loops."""
    costs: NDArray[np.float64] = np.where(skeleton, 1.0, -1.0)
    end = tuple(np.argwhere(skeleton)[0])
    for _ in range(2):  # the pixel farthest from any pixel is one end, the pixel farthest from that end is the other
        router = MCP_Geometric(costs)
        travelled, _ = router.find_costs([end])
        end = np.unravel_index(np.argmax(np.where(np.isfinite(travelled), travelled, -1.0)), travelled.shape)
    return [(int(row), int(column)) for row, column in router.traceback(end)]
