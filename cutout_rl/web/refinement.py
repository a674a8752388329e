"""The windows of one object, cut on top of the cut of the whole and of each other."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from cutout_rl.annotation.mask_upsampling import UpsampledMask
from cutout_rl.web.edits import Box, Edit, Stroke
from cutout_rl.web.resample import Mask, copy_mask
from cutout_rl.web.views import Views, scale_of
from cutout_rl.web.window_cut import WindowCut


class Refinement:
    """The finer part of an object's mask: in each window a cut at its own resolution, later windows on top.

    A window is cut again only if something that it depends on has changed. The masks depend on the edits alone.

    Attributes:
        windows: the edits that count in each, those on top last.
    """

    def __init__(self, views: Views, view: Box) -> None:
        """Begin without windows.

        Args:
            views: of the image.
            view: the part of the image that is cut.
        """
        self.windows: dict[Box, list[Edit]] = {}
        self._views, self._view = views, view
        self._cuts: dict[Box, WindowCut] = {}
        self._made_from: dict[Box, tuple[Any, ...]] = {}
        self._below: tuple[tuple[Any, ...], Mask] | None = None  # the mask of an area without the last window

    def set_edits(self, windows: Mapping[Box, list[Edit]]) -> None:
        """Take windows and the edits that count in each; `refine` cuts them."""
        self.windows = dict(windows)
        self._cuts = {window: self._cuts.get(window) or self._new(window) for window in windows}
        self._made_from = {window: made for window, made in self._made_from.items() if window in windows}

    def mark(self, stroke: Stroke, edit: Edit, is_new: bool) -> None:
        """Draw a stroke, or the end of one, in the last window.

        Args:
            stroke: what is new of it.
            edit: all of it.
            is_new: whether it begins.
        """
        window = next(reversed(self.windows))
        edits = self.windows[window]
        if is_new:
            edits.append(edit)
        else:
            edits[-1] = edit
        if window in self._made_from:  # else it is drawn anew
            self._cuts[window].mark(stroke)

    def add_to_all(self, stroke: Stroke, edit: Edit, is_new: bool) -> None:
        """Draw a stroke of the whole in all windows; those that it reaches are not shown until they are cut again.

        Args:
            stroke: what is new of it.
            edit: all of it.
            is_new: whether it begins.
        """
        columns, rows = zip(*stroke.points, strict=True)
        reach = stroke.width + 2
        sides = (min(columns) - reach, min(rows) - reach, max(columns) + reach, max(rows) + reach)
        reached = Box(*(round(side) for side in sides))
        for window, edits in self.windows.items():
            if is_new:
                edits.append(edit)
            else:
                edits[-1] = edit
            if window.common(reached):
                self._made_from.pop(window, None)

    def refine(self, whole: UpsampledMask, foreign: Mask | None, seconds: float = float("inf")) -> bool:
        """Cut the windows that are out of date, from the lowest, for some time.

        Args:
            whole: the mask of the whole view.
            foreign: (h, w) bool, pixels of the view that are marked as other objects'; None for none.
            seconds: after which no other one is cut.

        Returns:
            Whether all are up to date.
        """
        end = time.monotonic() + seconds
        n_left = len(self.windows)
        for window in self.windows:
            n_left -= 1
            if self._cut(window, whole, foreign) and time.monotonic() > end:
                break
        return n_left == 0

    def refine_last(self, whole: UpsampledMask, foreign: Mask | None) -> None:
        """Cut the last window, on top of the others as they are."""
        if self.windows:
            self._cut(next(reversed(self.windows)), whole, foreign)

    def part(self, area: Box, whole: UpsampledMask, is_draft: bool = False) -> Mask:
        """Return the newest mask of a part of the image, as bool pixels of the image; of the last window a draft."""
        shown = self._shown()
        lower, last = shown[:-1], shown[-1:]
        key = (area, whole, *(self._cuts[window].mask for window in lower))
        if self._below is None or not is_same(self._below[0], key):
            self._below = key, self._compose(area, whole, lower)
        found: Mask = self._below[1].copy()
        for window in last:
            self._paste(found, area, window, is_draft)
        return found

    def paste_into(self, mask: Mask) -> Mask:
        """Return the (h, w) mask of the view at the size of its cut, with the windows as they are."""
        shown = self._shown()
        if not shown:
            return mask
        found: Mask = mask.copy()
        for window in shown:
            fine = self._cuts[window].mask
            assert fine is not None
            copy_mask(fine, window, found, self._view)
        return found

    @property
    def masks(self) -> list[Mask | None]:
        """The newest masks of the windows, each another array if it has changed."""
        return [self._cuts[window].mask for window in self._shown()]

    def release(self) -> None:
        """Free the memory of the warm cuts."""
        for cut in self._cuts.values():
            cut.release()
        self._below = None

    def _shown(self) -> list[Box]:
        return [window for window in self.windows if window in self._made_from and self._cuts[window].mask is not None]

    def _new(self, window: Box) -> WindowCut:
        return WindowCut(self._views, window, scale_of(self._view))

    def _cut(self, window: Box, whole: UpsampledMask, foreign: Mask | None) -> bool:
        """Bring a window up to date; return whether that took work."""
        order = list(self.windows)
        lower = [other for other in order[: order.index(window)] if other.common(window) and other in self._made_from]
        made_from = (whole, foreign, self.windows[window], *(self._cuts[other].mask for other in lower))
        cut = self._cuts[window]
        if window in self._made_from and is_same(self._made_from[window], made_from):
            is_old = not cut.is_current
            cut.cut()
            return is_old
        known = self._compose(window, whole, lower)
        cut.update(known, self.windows[window], self._foreign_in(window, foreign, cut.labels.shape))
        cut.cut()
        self._made_from[window] = made_from
        if window != order[-1]:
            cut.release()
        return True

    def _compose(self, area: Box, whole: UpsampledMask, windows: list[Box]) -> Mask:
        found = np.zeros((area.height, area.width), np.bool_)
        if seen := area.common(self._view):
            left, top = self._view.left, self._view.top
            found[seen.slices((area.left, area.top))] = whole.part(
                seen.left - left, seen.top - top, seen.right - left, seen.bottom - top
            )
        for window in windows:
            self._paste(found, area, window)
        return found

    def _paste(self, found: Mask, area: Box, window: Box, is_draft: bool = False) -> None:
        if seen := area.common(window):
            found[seen.slices((area.left, area.top))] = self._cuts[window].part(seen, is_draft)

    def _foreign_in(self, window: Box, foreign: Mask | None, shape: tuple[int, ...]) -> Mask | None:
        if foreign is None:
            return None
        found = np.zeros(shape, np.bool_)
        copy_mask(foreign, self._view, found, window)
        return found


def is_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether two tuples hold the same objects; lists and boxes are compared by value."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, list | Box) and a == b) for a, b in zip(one, other, strict=True)
    )
