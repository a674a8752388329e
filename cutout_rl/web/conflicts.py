"""A person's stroke takes back what an agent drew against it nearby."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from cutout_rl.web.edits import PERSON, Act, Stroke

# Of the view's longer side. Chosen among 0, a sixteenth and an eighth by `cutout_rl.experiments.clicks` on heads that the agent
# had not learnt: 5.6, 3.3 and 2.9 clicks to an IoU of 0.9.
REACH: Final = 1 / 8
_SAMPLES: Final = 8  # points on a line for each reach that it is long


def standing(acts: Sequence[Act], reach: float) -> list[Act]:
    """Leave out the strokes of agents that a later stroke of a person overrules.

    Args:
        acts: what was done to an image, in order.
        reach: how near a stroke of the other pen must pass, in pixels of the image.
    """
    left: list[Act] = []
    for act in acts:
        if isinstance(act, Stroke):
            left = left_by(act, left, reach)
        left.append(act)
    return left


def left_by(stroke: Stroke, before: Sequence[Act], reach: float) -> list[Act]:
    """Leave out of what was done before those strokes of agents that one stroke overrules, if it is a person's."""
    against = [act for act in before if isinstance(act, Stroke) and _speaks_against(stroke, act)]
    if not against:
        return list(before)
    points = [_points_on(act.points, reach) for act in against]
    nearest = cdist(_points_on(stroke.points, reach), np.concatenate(points)).min(axis=0)
    begins = np.cumsum([0, *(len(part) for part in points[:-1])])
    near = np.minimum.reduceat(nearest, begins) <= reach
    overruled = {id(act) for act, is_near in zip(against, near, strict=True) if is_near}
    return [act for act in before if id(act) not in overruled]


def _speaks_against(stroke: Stroke, other: Stroke) -> bool:
    return stroke.by == PERSON and other.by != PERSON and {stroke.pen, other.pen} == {"inside", "outside"}


@lru_cache(4096)
def _points_on(corners: tuple[tuple[float, float], ...], reach: float) -> NDArray[np.float64]:
    """Give (N, 2) points along a line: its corners, and enough between them."""
    parts = [np.array(corners[:1], np.float64)]
    for start, end in pairwise(corners):
        count = int(np.hypot(end[0] - start[0], end[1] - start[1]) / reach * _SAMPLES) + 1
        parts.append(np.linspace(start, end, count + 1)[1:])
    return np.concatenate(parts)
