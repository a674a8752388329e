"""One object cut by strokes: its edits, undo and redo, and the mask, cut warm from stroke to stroke."""

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.mask_upsampling import UpsampledMask
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.segmenters import INSIDE, OUTSIDE, Segmenter
from cutout_rl.web.conflicts import REACH, effective_edits, without_conflicts
from cutout_rl.web.edit_history import EditHistory, Edits
from cutout_rl.web.edits import Box, Edit, Points, PolygonEdit, Stroke
from cutout_rl.web.paint_layer import PaintLayer
from cutout_rl.web.rasterize import covers, draw_edit, draw_labels, mark_box, mark_stroke, paints
from cutout_rl.web.refinement import Refinement
from cutout_rl.web.resample import Mask, copy_mask
from cutout_rl.web.stroke_layer import StrokeLayer
from cutout_rl.web.views import Views
from cutout_rl.web.whole_cut import WholeCut
from cutout_rl.web.windows import edits_until_whole, split_edits, window_of


class Drawing:
    """The edits of an object in an image, and the mask that they produce.

    Strokes are stored in pixels of the image and drawn in the view: the last box, or the whole image, at most 512
    pixels wide and high. The rules of conflict differ from the game's:

    - A user's stroke replaces earlier labels, because users draw to correct.
    - An agent's stroke labels unlabelled pixels only. It is dropped when a user's stroke of the other pen passes within
      an eighth of the view's longer side.

    - Strokes of the brush and changed outlines change the mask itself, at the size of the image.
    - Strokes drawn zoomed in refine the mask in their window alone; see `split_edits`.
    - Pixels marked as another object's are background, beneath the edits of this one.

    The mask depends on the labels alone, so undoing restores it bit for bit.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        history: of the edits.
        view: the part of the image that is cut.
        is_in_window: whether the last edit is a stroke that counts in its window alone.
        is_draft: whether a prior of the cut stays as it was before the last stroke, because that is being drawn or has
            only just been.
    """

    is_draft = False

    def __init__(
        self, image: NDArray[np.uint8], segmenter: Segmenter, edits: Edits = (), views: Views | None = None
    ) -> None:
        """Apply earlier edits.

        Args:
            image: (H, W, 3) uint8, RGB.
            segmenter: cuts it.
            edits: in order, in pixels of the image; or with what was undone.
            views: of the image, shared by the drawings of its objects.
        """
        self.image = image
        self.history = edits if isinstance(edits, EditHistory) else EditHistory(edits)
        self._views = Views(image, segmenter) if views is None else views
        self._foreign: Mask | None = None  # pixels in the view that are marked as other objects'
        self._set_view(self._last_box())
        self._redraw()

    def with_edits(self, edits: Iterable[Edit]) -> "Drawing":
        """Return an independent drawing of the same object with other edits, to try them out."""
        twin = copy(self)
        twin.history = EditHistory(edits)
        twin.is_draft = False
        twin._set_view(twin._last_box())
        twin._foreign = self._foreign if twin.view == self.view else None
        twin._redraw()
        return twin

    @property
    def edits(self) -> list[Edit]:
        """The edits so far, in order."""
        return self.history.edits

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image."""
        height, width = self.image.shape[:2]
        return height, width

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self.history.can_undo

    @property
    def view_image(self) -> NDArray[np.uint8]:
        """(h, w, 3) uint8, the view at the size of the cut."""
        return self._cut_of_whole.image

    @property
    def labels(self) -> NDArray[np.uint8]:
        """(h, w) uint8 in the view, 0 unlabelled, 1 inside, 2 outside, without strokes of windows."""
        return self._cut_of_whole.labels

    @property
    def log_odds(self) -> NDArray[np.floating] | None:
        """(h, w) floats, the prior of the last cut of the whole; None if there was none."""
        return self._cut_of_whole.log_odds

    @property
    def scale(self) -> float:
        """Pixels of the view per pixel of the image, at most 1."""
        return float(self.labels.shape[1] / (self.view.right - self.view.left))

    def apply(self, edit: Edit) -> None:
        """Apply an edit, and forget the undone ones.

        Raises:
            CutOutError: the image has too many edits.
        """
        self.history.add(edit)
        if isinstance(edit, Stroke):
            self._effective.append(edit)
            self._mark(edit, is_new=True)
        elif isinstance(edit, PolygonEdit):
            self._effective.append(edit)
            self._paint.mark(edit)
            self.is_in_window = False
        else:
            self._reset()

    def extend(self, points: Points) -> None:
        """Extend the last stroke by further (x, y) in pixels of the image.

        Raises:
            CutOutError: there is no stroke to extend, or it has too many points.
        """
        stroke = self._effective[-1] = self.history.extend(points)
        self._mark(replace(stroke, points=stroke.points[-len(points) - 1 :]))

    def replace(self, edits: Iterable[Edit]) -> None:
        """Replace all edits; one undo restores them.

        Raises:
            CutOutError: there are too many.
        """
        self.history.replace(edits)
        self._reset()

    def reload(self, edits: Iterable[Edit]) -> None:
        """Take the edits of another client; what was undone or replaced before is forgotten."""
        self.history = EditHistory(edits)
        self._reset()

    def undo(self) -> None:
        """Undo the last edit or replacement, if there is one."""
        self.history.undo()
        self._reset()

    def redo(self) -> None:
        """Redo what was undone last, if there is something."""
        self.history.redo()
        self._reset()

    def set_foreign(self, foreign: Mask | None) -> None:
        """Take (h, w) bool pixels of the view, which are marked as other objects', as background; None for none."""
        before, self._foreign = self._foreign, foreign
        if before is foreign is None:
            return
        empty = np.zeros(self.labels.shape, np.bool_)
        old, new = (empty if pixels is None else pixels for pixels in (before, foreign))
        if np.array_equal(old, new):
            return
        if (old & ~new).any() or not all(covers(edit) for edit in self.edits):
            self._redraw()
            return
        self._cut_of_whole.add_background(new)

    def use(self, views: Views) -> None:
        """Cut by the segmenter of other views of the same image from now on."""
        foreign = self._foreign
        self._views = views
        self._set_view(self.view)
        self._foreign = foreign
        self._redraw()

    def release(self) -> None:
        """Free the memory of the warm cut; the next cut begins anew."""
        self._cut_of_whole.release()
        self._paint.release()
        self._refinement.release()

    def mask(self) -> Mask:
        """Return the (h, w) bool mask in the view at the size of its cut; it must not be modified.

        Windows are shown as they were cut last, but for the one that is drawn in; `refine` cuts the others.
        """
        cut = self._cut()
        if self._refinement.windows:
            if self.is_in_window:
                self._refinement.refine_last(self._whole(), self._foreign)
            cut = self._refinement.paste_into(cut)
        return self._paint.over_view(cut)

    def refine(self, seconds: float = float("inf")) -> bool:
        """Cut the windows of strokes drawn zoomed in that are out of date, for some time.

        Returns:
            Whether all are up to date.
        """
        if not self._refinement.windows:
            return True
        return self._refinement.refine(self._whole(), self._foreign, seconds)

    def _cut(self) -> Mask:
        return self._cut_of_whole.mask(self.is_draft, self._seen_by_whole)

    def _seen_by_whole(self) -> NDArray[np.uint8] | None:
        if not self._refinement.windows:
            return None
        return self._drawn(edits_until_whole(self._effective, self.view, self._is_whole))

    def predict_object(self) -> NDArray[np.floating] | None:
        """Return the (h, w) log-odds of the object that all strokes suggest; None if no network guides the cut."""
        self._cut()
        return self._cut_of_whole.predict(self.all_labels) if self._refinement.windows else self.log_odds

    def full_mask(self) -> Mask:
        """Return the (H, W) bool mask at the size of the image."""
        height, width = self.size
        self.refine()
        return self.part(Box(0, 0, width, height))

    def part(self, area: Box, is_draft: bool = False) -> Mask:
        """Return a part of the mask at the size of the image, with the windows as they were cut last.

        Args:
            area: in the image.
            is_draft: whether the last window's edge, which is being drawn, need not follow the image, to save time.

        Returns:
            (height, width) bool of the area; after `refine` the same pixels as those of `full_mask`.
        """
        part = self._refinement.part(area, self._whole(), is_draft)
        return self._paint.over_part(part, area, self._effective)

    @property
    def state(self) -> tuple[Any, ...]:
        """What `part` depends on, to be compared by `is_same`."""
        return (self._whole(), *self._refinement.masks, list(self.edits))

    def _whole(self) -> UpsampledMask:
        """Return the cut of the whole view, which is upsampled where it is asked for."""
        return self._cut_of_whole.upsampled(self._cut())

    def full_labels(self) -> NDArray[np.uint8]:
        """Return the (H, W) uint8 labels of the edits at the size of the image: 0, 1 inside, 2 outside."""
        return draw_labels(self._effective, self.size)

    def inside_labels(self, view: Box, shape: tuple[int, int]) -> Mask:
        """Return where the edits mark the object, as (h, w) bool in another view of that shape."""
        if view == self.view and shape == self.labels.shape and not self._refinement.windows:
            return np.asarray(self.labels == LABELLED_INSIDE)
        labels = draw_labels(self._effective, shape, shape[1] / view.width, (view.left, view.top))
        return np.asarray(labels == LABELLED_INSIDE)

    def mask_in(self, view: Box, shape: tuple[int, int]) -> Mask:
        """Return the mask as (h, w) bool in another view of that shape; it must not be modified."""
        mask = self.mask()
        if view == self.view and shape == mask.shape:
            return mask
        found = np.zeros(shape, np.bool_)
        copy_mask(mask, self.view, found, view)
        return found

    @property
    def window(self) -> Box | None:
        """The window of the last edit; None if it has none."""
        last = self.edits[-1] if self.edits else None
        return last.window if isinstance(last, Stroke) else None

    def prepare(self, window: Box) -> None:
        """Compute what a first stroke in a window needs."""
        if (seen := window.common(self.view)) is not None:
            self._views.prepare_window(seen)

    @property
    def all_labels(self) -> NDArray[np.uint8]:
        """The (h, w) uint8 labels in the view, with strokes of windows; they must not be modified."""
        return self._drawn(self._effective) if self._refinement.windows else self.labels

    @property
    def shown_labels(self) -> NDArray[np.uint8]:
        """The (h, w) uint8 labels of strokes alone, in the view, without imports and filled background."""
        return self._strokes.labels

    def shown_in(self, origin: tuple[int, int], step: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
        """Return `shown_labels` in another part of the image; see `StrokeLayer.part`."""
        return self._strokes.part(self._effective, origin, step, shape)

    @property
    def _reach(self) -> float:
        return REACH * max(self.view.right - self.view.left, self.view.bottom - self.view.top)

    def _last_box(self) -> Box:
        height, width = self.size
        return next((edit for edit in reversed(self.edits) if isinstance(edit, Box)), Box(0, 0, width, height))

    def _set_view(self, box: Box) -> None:
        self.view = box
        self._cut_of_whole = WholeCut(self._views, box)
        self._strokes = StrokeLayer(self.labels.shape, (box.left, box.top), self.scale)
        self._paint = PaintLayer(box, self.labels.shape, self.size)
        self._foreign = None  # in another view
        self._refinement = Refinement(self._views, box)
        self.is_in_window = False

    def _reset(self) -> None:
        if (box := self._last_box()) != self.view:
            self._set_view(box)
        self._redraw()

    def _redraw(self) -> None:
        had_windows = bool(self._refinement.windows)
        self._effective = effective_edits(self.edits, self._reach)
        self._cut_of_whole.redraw(self._drawn(self._split()))
        if had_windows or self._refinement.windows:
            self._cut_of_whole.forget_mask()
        self._strokes.redraw(self._effective)
        self._paint.redraw(self._effective)

    def _drawn(self, edits: Iterable[Edit]) -> NDArray[np.uint8]:
        """Return the (h, w) uint8 labels of some edits in the view, with what is known without edits."""
        labels = np.zeros_like(self.labels)
        if self._foreign is not None:
            labels[self._foreign] = LABELLED_OUTSIDE
        if not self._is_whole:
            mark_box(labels)
        for edit in edits:
            draw_edit(labels, edit, (self.view.left, self.view.top), self.scale)
        return labels

    def _split(self) -> list[Edit]:
        """Pass the edits of the windows on, and return those of the whole."""
        whole, windows = split_edits(self._effective, self.view, self._is_whole)
        self._refinement.set_edits(windows)
        self._count_whole = len(whole)
        self.is_in_window = bool(whole and windows) and whole[-1] is not self._effective[-1]
        return whole

    @property
    def _is_whole(self) -> bool:
        return (self.view.height, self.view.width) == self.size

    def _mark(self, stroke: Stroke, is_new: bool = False) -> None:
        """Draw a stroke, or the end of one, and pass the changed labels to the session."""
        self._paint.mark(stroke)
        if paints(stroke):
            self.is_in_window = False
            return
        if len(without_conflicts(stroke, self._effective, self._reach)) < len(self._effective):
            self._redraw()
            return
        self._strokes.mark(stroke)
        if self._mark_window(stroke, is_new):
            return
        pixels, was_labelled = mark_stroke(self.labels, stroke, (self.view.left, self.view.top), self.scale)
        if self._refinement.windows:
            self._cut_of_whole.forget_mask()
        self._cut_of_whole.mark(pixels, INSIDE if stroke.pen == "inside" else OUTSIDE, was_labelled)

    def _mark_window(self, stroke: Stroke, is_new: bool) -> bool:
        """Draw a stroke, or the end of one, in the windows; return whether it counts in one alone."""
        refinement, edit = self._refinement, self._effective[-1]
        if stroke.window is None and not refinement.windows:
            return False
        if is_new:
            whole, windows = split_edits(self._effective, self.view, self._is_whole)
            self.is_in_window = whole[-1] is not edit
            if len(whole) != self._count_whole + (not self.is_in_window):  # earlier strokes count elsewhere now
                self._redraw()
                return True
            self._count_whole = len(whole)
            if list(windows) != list(refinement.windows):
                refinement.set_edits(windows)
                return self.is_in_window
        elif self.is_in_window and window_of(stroke, self.view) is None:  # it leaves the window
            self._redraw()
            return True
        if self.is_in_window:
            refinement.mark(stroke, edit, is_new)
        else:
            refinement.add_to_all(stroke, edit, is_new)
        return self.is_in_window
