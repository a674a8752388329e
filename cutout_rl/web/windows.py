"""The windows in which strokes were drawn zoomed in, and the edits that count in each."""

from collections.abc import Sequence
from typing import Final

from cutout_rl.web.edits import BackgroundFill, Box, Edit, Pixels, Stroke
from cutout_rl.web.rasterize import paints
from cutout_rl.web.views import scale_of

MAX_WINDOWS: Final = 32  # of an object; strokes of earlier ones count in the cut of the whole
_LEAST_GAIN: Final = 1.25  # of resolution, for which a window is cut


def window_of(stroke: Stroke, view: Box) -> Box | None:
    """Return the window of a stroke inside a view; None if the stroke counts in the cut of the whole view.

    It does if its window is hardly finer than the view, or if the stroke leaves it. A stroke that erases counts there
    too, because it may erase any label.
    """
    if stroke.window is None or stroke.pen not in ("inside", "outside"):
        return None
    window = stroke.window.common(view)
    if window is None or scale_of(window) < _LEAST_GAIN * scale_of(view):
        return None
    columns, rows = zip(*stroke.points, strict=True)
    is_within = (
        window.left <= min(columns)
        and max(columns) <= window.right
        and window.top <= min(rows)
        and max(rows) <= window.bottom
    )
    return window if is_within else None


def split_edits(edits: Sequence[Edit], view: Box, is_whole: bool) -> tuple[list[Edit], dict[Box, list[Edit]]]:
    """Split edits into those that count in the cut of the whole view, and those that count in each window.

    Windows refine a mask, so strokes count in them only after the whole has labels inside and outside. A stroke of a
    window counts in this one and in those on top of it, but not in the whole. All other edits count everywhere.

    Args:
        edits: in order.
        view: the part of the image that is cut.
        is_whole: whether that is the whole image; else it is a box, which has labels from the beginning.

    Returns:
        The edits of the whole, and those of each window inside the view. Windows are in the order of their last
        strokes, later ones on top; none lies in one on top of it that is as fine.
    """
    windows: dict[Box, None] = {}
    places: list[Box | None] = []
    labelled = set() if is_whole else {"inside", "outside"}
    for edit in edits:
        window = window_of(edit, view) if isinstance(edit, Stroke) and len(labelled) == 2 else None
        places.append(window)
        if window is not None:
            windows.pop(window, None)
            windows[window] = None
        elif isinstance(edit, Stroke):
            labelled |= {edit.pen} & {"inside", "outside"}
        elif isinstance(edit, Pixels):
            labelled |= {"inside", "outside"}
        elif isinstance(edit, BackgroundFill):
            labelled.add("outside")
    order = {window: number for number, window in enumerate(list(windows)[-MAX_WINDOWS:])}
    of_edits = [-1 if place is None else order.get(place, -1) for place in places]

    def up_to(number: int) -> list[Edit]:
        return [edit for edit, own in zip(edits, of_edits, strict=True) if own <= number]

    shown = [window for window in order if not any(_hides(other, window) for other in list(order)[order[window] + 1 :])]
    return up_to(-1), {window: up_to(order[window]) for window in shown}


def edits_until_whole(edits: Sequence[Edit], view: Box, is_whole: bool) -> list[Edit]:
    """Return the edits up to the last one that labels the whole view, those of windows among them.

    A network that guides the cut of the whole reads these: a stroke of a window changes nothing outside it, but the
    next stroke of the whole is understood with all that was drawn before.

    Args:
        edits: in order.
        view: see `split_edits`.
        is_whole: see `split_edits`.
    """
    whole = {id(edit) for edit in split_edits(edits, view, is_whole)[0] if not paints(edit)}
    last = max((number for number, edit in enumerate(edits, 1) if id(edit) in whole), default=0)
    return list(edits[:last])


def _hides(upper: Box, window: Box) -> bool:
    return upper.common(window) == window and scale_of(upper) >= scale_of(window)
