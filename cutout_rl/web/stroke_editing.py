"""Going back to strokes that were drawn before, to remove them or turn them to the other side."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import Act, Pen, Pixels, Stroke, to_json

_OTHER_SIDE: Final[dict[Pen, Pen]] = {"inside": "outside", "outside": "inside"}


def act_at(acts: Sequence[Act], point: tuple[float, float], slack: float) -> int | None:
    """Find the topmost stroke under a point.

    Args:
        acts: in the order in which they were drawn, in pixels of the image.
        point: (x, y).
        slack: px by which a stroke may be missed.

    Returns:
        Its index, None where there is no stroke.
    """
    for index in reversed(range(len(acts))):
        act = acts[index]
        if isinstance(act, Stroke) and _distance(act, point) <= act.width / 2 + slack:
            return index
    return None


def removed(acts: Sequence[Act], index: int) -> list[Act]:
    """Give the acts without one of them."""
    return [*acts[:index], *acts[index + 1 :]]


def turned(acts: Sequence[Act], index: int) -> list[Act]:
    """Give the acts with one stroke drawn by the other pen.

    Raises:
        CutOutError: it is no stroke, or an eraser's.
    """
    act = acts[index]
    if not isinstance(act, Stroke) or act.pen == "erase":
        raise CutOutError("Only strokes inside and outside have another side.")
    return [*acts[:index], replace(act, pen=_OTHER_SIDE[act.pen]), *acts[index + 1 :]]


def picked_json(acts: Sequence[Act], index: int | None) -> dict[str, Any] | None:
    """Describe the act that is picked, as `to_json` does but for the many labels of pixels, with its number, from 1."""
    if index is None:
        return None
    act = acts[index]
    return {**({"pixels": True} if isinstance(act, Pixels) else to_json(act)), "number": index + 1}


def _distance(stroke: Stroke, point: tuple[float, float]) -> float:
    """Measure how far a point is from the middle of a stroke."""
    corners = np.array(stroke.points)
    starts, steps = corners[:-1] if len(corners) > 1 else corners, np.diff(corners, axis=0)
    if not len(steps):
        steps = np.zeros((1, 2))
    lengths = (steps**2).sum(axis=1)
    along = ((point - starts) * steps).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    nearest = starts + np.clip(along, 0, 1)[:, None] * steps
    return float(np.hypot(*(point - nearest).T).min())
