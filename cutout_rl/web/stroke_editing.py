"""Selecting, removing and flipping strokes that were drawn earlier."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edit_json import to_json
from cutout_rl.web.edits import Edit, Pen, Pixels, PolygonEdit, Stroke

_OTHER_SIDE: Final[dict[Pen, Pen]] = {"inside": "outside", "outside": "inside", "add": "remove", "remove": "add"}


def stroke_at(edits: Sequence[Edit], point: tuple[float, float], tolerance: float) -> int | None:
    """Find the topmost stroke under a point.

    Args:
        edits: in drawing order, in pixels of the image.
        point: (x, y).
        tolerance: px by which the point may miss the stroke.

    Returns:
        Its index, or None.
    """
    for index in reversed(range(len(edits))):
        edit = edits[index]
        if isinstance(edit, Stroke) and _distance(edit, point) <= edit.width / 2 + tolerance:
            return index
    return None


def edit_selected(change: Literal["remove", "flip"], edits: Sequence[Edit], index: int | None) -> list[Edit]:
    """Return the edits without the selected one, or with it flipped.

    Raises:
        CutOutError: none is selected, or it has no side.
    """
    if index is None:
        raise CutOutError("No stroke is selected; click one first.")
    return remove(edits, index) if change == "remove" else flip(edits, index)


def remove(edits: Sequence[Edit], index: int) -> list[Edit]:
    """Return the edits without the one at an index."""
    return [*edits[:index], *edits[index + 1 :]]


def flip(edits: Sequence[Edit], index: int) -> list[Edit]:
    """Return the edits with the stroke at an index drawn by the other pen.

    Raises:
        CutOutError: it is not a stroke, or erases labels.
    """
    edit = edits[index]
    if not isinstance(edit, Stroke) or edit.pen not in _OTHER_SIDE:
        raise CutOutError("Only strokes inside and outside, and of the brush, have another side.")
    return [*edits[:index], replace(edit, pen=_OTHER_SIDE[edit.pen]), *edits[index + 1 :]]


def selection_json(edits: Sequence[Edit], index: int | None) -> dict[str, Any] | None:
    """Return the selected edit as JSON with its number, from 1, without labels and outlines, which are long."""
    if index is None:
        return None
    edit = edits[index]
    if isinstance(edit, Pixels):
        return {"pixels": True, "number": index + 1}
    if isinstance(edit, PolygonEdit):
        return {"outline": True, "number": index + 1}
    return {**to_json(edit), "number": index + 1}


def _distance(stroke: Stroke, point: tuple[float, float]) -> float:
    """Compute the distance from a point to the centre line of a stroke."""
    corners = np.array(stroke.points)
    starts, steps = corners[:-1] if len(corners) > 1 else corners, np.diff(corners, axis=0)
    if not len(steps):
        steps = np.zeros((1, 2))
    lengths = (steps**2).sum(axis=1)
    along = ((point - starts) * steps).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    nearest = starts + np.clip(along, 0, 1)[:, None] * steps
    return float(np.hypot(*(point - nearest).T).min())
