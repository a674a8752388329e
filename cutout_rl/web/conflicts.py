"""Removal of an agent's strokes that conflict with a user's later strokes."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cutout_rl.web.edits import PERSON, Edit, Points, Stroke

# As a share of the view's longer side. Clicks to an IoU of 0.9 on heads that the agent was not trained on
# (`cutout_rl.experiments.clicks`): 5.6 with 0, 3.3 with 1/16, 2.9 with 1/8.
REACH: Final = 1 / 8
_SAMPLES: Final = 8  # points on a line per reach of its length


def effective_edits(edits: Sequence[Edit], reach: float) -> list[Edit]:
    """Return the edits without the agents' strokes that a later stroke of a user conflicts with.

    Args:
        edits: of an image, in order.
        reach: the distance within which strokes of opposite pens conflict, in pixels of the image.
    """
    left: list[Edit] = []
    for edit in edits:
        if isinstance(edit, Stroke):
            left = without_conflicts(edit, left, reach)
        left.append(edit)
    return left


def without_conflicts(stroke: Stroke, before: Sequence[Edit], reach: float) -> list[Edit]:
    """Return earlier edits without the agents' strokes that conflict with a user's stroke.

    If it was drawn in a window, the reach is the same share of the window's longer side.
    """
    if stroke.window is not None:
        reach = min(reach, REACH * max(stroke.window.width, stroke.window.height))
    opposed = [edit for edit in before if isinstance(edit, Stroke) and _opposes(stroke, edit)]
    if not opposed:
        return list(before)
    drawn = cKDTree(_points_on(stroke.points, reach))
    beyond = np.nextafter(reach, np.inf)  # the bound itself is excluded
    conflicting = {
        id(edit)
        for edit in opposed
        if np.isfinite(drawn.query(_points_on_agents(edit.points, reach), distance_upper_bound=beyond)[0]).any()
    }
    return [edit for edit in before if id(edit) not in conflicting]


def _opposes(stroke: Stroke, other: Stroke) -> bool:
    return stroke.by == PERSON and other.by != PERSON and {stroke.pen, other.pen} == {"inside", "outside"}


def _points_on(corners: Points, reach: float) -> NDArray[np.float64]:
    """Return (N, 2) points along a line: its corners, and samples between them."""
    parts = [np.array(corners[:1], np.float64)]
    for start, end in pairwise(corners):
        count = int(np.hypot(end[0] - start[0], end[1] - start[1]) / reach * _SAMPLES) + 1
        parts.append(np.linspace(start, end, count + 1)[1:])
    return np.concatenate(parts)


# Strokes of agents are short, and compared with each later stroke of a user.
_points_on_agents = lru_cache(1024)(_points_on)
