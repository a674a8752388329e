"""One image cut by strokes: its edits, undo and redo, and the mask, cut warm from stroke to stroke."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.mask_upsampling import upsample_mask
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.segmenters import INSIDE, OUTSIDE, Segmenter, Session
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.conflicts import REACH, effective_edits, without_conflicts
from cutout_rl.web.edits import MAX_EDITS, MAX_POINTS, Box, Edit, Points, Stroke
from cutout_rl.web.rasterize import draw_edit, draw_labels, mark_stroke

WORKING_SIZE: Final = 512  # px of the longer side during the cut; masks of larger images are upsampled

Mask = NDArray[np.bool_]


class Drawing:
    """The edits of an image and the mask that they produce.

    Strokes are stored in pixels of the image and drawn in the view: the last box, or the whole image, at most 512
    pixels wide and high. The rules of conflict differ from the game's:

    - A user's stroke replaces earlier labels, because users draw to correct.
    - An agent's stroke labels unlabelled pixels only. It is dropped when a user's stroke of the other pen passes within
      an eighth of the view's longer side.

    The mask depends on the labels alone, so undoing restores it bit for bit.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        segmenter: makes the masks.
        edits: so far, in order.
        view: the part of the image that is cut.
        view_image: (h, w, 3) uint8, that part at the size of the cut.
        labels: (h, w) uint8 in the view, 0 unlabelled, 1 inside, 2 outside.
    """

    def __init__(self, image: NDArray[np.uint8], segmenter: Segmenter, edits: Iterable[Edit] = ()) -> None:
        """Apply earlier edits."""
        self.image = image
        self.edits: list[Edit] = list(edits)
        self.segmenter = segmenter
        self._undone: list[Edit] = []
        self._replaced: list[tuple[list[Edit], list[Edit]]] = []  # edits before and after each replacement
        self._session: Session | None = None
        self._mask: Mask | None = None
        self._set_view(self._last_box())
        self._redraw()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image."""
        height, width = self.image.shape[:2]
        return height, width

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self.edits) or self._is_replaced

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return bool(self._undone)

    @property
    def scale(self) -> float:
        """Pixels of the view per pixel of the image, at most 1."""
        return float(self.labels.shape[1] / (self.view.right - self.view.left))

    def apply(self, edit: Edit) -> None:
        """Apply an edit, and forget the undone ones.

        Raises:
            CutOutError: the image has too many edits.
        """
        _require_room(len(self.edits) + 1)
        self._undone.clear()
        self.edits.append(edit)
        if isinstance(edit, Stroke):
            self._effective.append(edit)
            self._mark(edit)
        else:
            self._reset()

    def extend(self, points: Points) -> None:
        """Extend the last stroke by further (x, y) in pixels of the image.

        Raises:
            CutOutError: there is no stroke to extend, or it has too many points.
        """
        stroke = self.edits[-1] if self.edits else None
        if not isinstance(stroke, Stroke) or self._undone:
            raise CutOutError("There is no stroke to extend.")
        if len(stroke.points) + len(points) > MAX_POINTS:
            raise CutOutError(f"A stroke has at most {MAX_POINTS} points; lift the pen.")
        self.edits[-1] = self._effective[-1] = replace(stroke, points=stroke.points + points)
        self._mark(replace(stroke, points=(stroke.points[-1], *points)))

    def replace(self, edits: Iterable[Edit]) -> None:
        """Replace all edits; one undo restores them.

        Raises:
            CutOutError: there are too many.
        """
        edits = list(edits)
        _require_room(len(edits))
        self._undone.clear()
        self._replaced.append((self.edits, edits))
        self.edits = list(edits)
        self._reset()

    def reload(self, edits: Iterable[Edit]) -> None:
        """Take the edits of another client; what was undone or replaced before is forgotten."""
        self.edits = list(edits)
        self._undone.clear()
        self._replaced.clear()
        self._reset()

    def undo(self) -> None:
        """Undo the last edit or replacement, if there is one."""
        if self._is_replaced:
            self._undone.clear()
            self.edits = list(self._replaced.pop()[0])
        elif self.edits:
            self._undone.append(self.edits.pop())
        self._reset()

    def redo(self) -> None:
        """Redo the edit undone last, if there is one."""
        if self._undone:
            self.edits.append(self._undone.pop())
            self._reset()

    def remove_by(self, author: str) -> None:
        """Remove every stroke of an author; one undo restores them."""
        self.replace(edit for edit in self.edits if not (isinstance(edit, Stroke) and edit.by == author))

    def clear(self) -> None:
        """Undo all edits; each can be redone."""
        self._undone += reversed(self.edits)
        self.edits = []
        self._reset()

    def mask(self) -> Mask:
        """Return the (h, w) bool mask in the view; it must not be modified."""
        if self._mask is None:
            if self._session is None:
                self._session = self._blank.copy()
                for number, label in ((LABELLED_OUTSIDE, OUTSIDE), (LABELLED_INSIDE, INSIDE)):
                    self._session.label(np.argwhere(self.labels == number), label)
            self._mask = self._session.cut()
        return self._mask

    def full_mask(self) -> Mask:
        """Return the (H, W) bool mask at the size of the image, upsampled if the view is smaller."""
        whole = np.zeros(self.size, np.bool_)
        part = self._part()
        mask = self.mask()
        same = mask.shape == part.shape[:2]
        whole[self._slices()] = mask if same else upsample_mask(part, self.view_image, mask)
        return whole

    def full_labels(self) -> NDArray[np.uint8]:
        """Return the (H, W) uint8 labels of the edits at the size of the image: 0, 1 inside, 2 outside."""
        return draw_labels(self._effective, self.size)

    @property
    def _reach(self) -> float:
        return REACH * max(self.view.right - self.view.left, self.view.bottom - self.view.top)

    @property
    def _is_replaced(self) -> bool:
        return bool(self._replaced) and self.edits == self._replaced[-1][1]

    def _last_box(self) -> Box:
        height, width = self.size
        return next((edit for edit in reversed(self.edits) if isinstance(edit, Box)), Box(0, 0, width, height))

    def _slices(self) -> tuple[slice, slice]:
        return slice(self.view.top, self.view.bottom), slice(self.view.left, self.view.right)

    def _part(self) -> NDArray[np.uint8]:
        return self.image[self._slices()]

    def _set_view(self, box: Box) -> None:
        self.view = box
        part = self._part()
        scale = min(1.0, WORKING_SIZE / max(part.shape[:2]))
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        small = part if scale == 1 else cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        self.view_image = np.ascontiguousarray(small, np.uint8)
        self._blank = self.segmenter.begin(self.view_image)
        self.labels: NDArray[np.uint8] = np.zeros(self.view_image.shape[:2], np.uint8)

    def _reset(self) -> None:
        if (box := self._last_box()) != self.view:
            self._set_view(box)
        self._redraw()

    def _redraw(self) -> None:
        self.labels[:] = UNLABELLED
        height, width = self.size
        if self.view != Box(0, 0, width, height):
            self.labels[[0, -1]] = LABELLED_OUTSIDE
            self.labels[:, [0, -1]] = LABELLED_OUTSIDE
            rows, columns = self.labels.shape
            cv2.circle(self.labels, (columns // 2, rows // 2), 1 + min(rows, columns) // 50, LABELLED_INSIDE, -1)
        self._effective = effective_edits(self.edits, self._reach)
        for edit in self._effective:
            draw_edit(self.labels, edit, (self.view.left, self.view.top), self.scale)
        self._session = self._mask = None

    def _mark(self, stroke: Stroke) -> None:
        """Draw a stroke, or the end of one, and pass the changed labels to the session."""
        if len(without_conflicts(stroke, self._effective, self._reach)) < len(self._effective):
            self._redraw()
            return
        pixels, was_labelled = mark_stroke(self.labels, stroke, (self.view.left, self.view.top), self.scale)
        if not len(pixels):
            return
        self._mask = None
        # Labels of a session are permanent, so the next cut begins a new one if any label was replaced.
        if was_labelled:
            self._session = None
        elif self._session is not None:
            self._session.label(pixels, INSIDE if stroke.pen == "inside" else OUTSIDE)


def _require_room(count: int) -> None:
    if count > MAX_EDITS:
        raise CutOutError(f"An image can have at most {MAX_EDITS} strokes; undo some.")
