"""One image being cut by strokes: what was done, what is undone, and the mask, kept warm from stroke to stroke."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.refine import refine
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.segmenters import INSIDE, OUTSIDE, Segmenter, Session
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.conflicts import REACH, left_by, standing
from cutout_rl.web.edits import MAX_ACTS, MAX_POINTS, Act, Box, Stroke
from cutout_rl.web.rasterize import draw_act, draw_labels, mark_stroke

WORKING_SIZE: Final = 512  # px of the longer side that is cut at; larger images are refined afterwards

Mask = NDArray[np.bool_]


class Drawing:
    """The strokes on an image and the mask they make.

    Strokes are kept in pixels of the image and drawn in the view: the last box, or the whole image, at most 512 pixels
    wide and high. Other than in the game, a person's stroke wins over earlier ones, for a person draws to correct; an
    agent's marks what is unmarked alone, and is left out as soon as a person's stroke of the other pen passes within an
    eighth of the view's longer side. The mask depends on the labels alone, so undoing gives back what was there, bit
    for bit.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        acts: done so far, in order.
        view: the part of the image that is cut.
        view_image: (h, w, 3) uint8, that part at the size that is cut.
        labels: (h, w) uint8 in the view, 0 unlabelled, 1 inside, 2 outside.
    """

    def __init__(self, image: NDArray[np.uint8], segmenter: Segmenter, acts: Iterable[Act] = ()) -> None:
        """Take up what was done before."""
        self.image = image
        self.acts: list[Act] = list(acts)
        self._segmenter = segmenter
        self._undone: list[Act] = []
        self._amended: list[tuple[list[Act], list[Act]]] = []  # what was there before, and what after
        self._session: Session | None = None
        self._mask: Mask | None = None
        self._look_at(self._last_box())
        self._redraw()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image."""
        height, width = self.image.shape[:2]
        return height, width

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self.acts) or self._is_amended

    @property
    def can_redo(self) -> bool:
        """Whether something is undone that can be done again."""
        return bool(self._undone)

    @property
    def scale(self) -> float:
        """Pixels of the view to a pixel of the image, at most 1."""
        return float(self.labels.shape[1] / (self.view.right - self.view.left))

    def do(self, act: Act) -> None:
        """Draw a stroke or pixels, call the rest background, or choose a box; what was undone before is lost.

        Raises:
            CutOutError: the image carries too many strokes.
        """
        _require_room(len(self.acts) + 1)
        self._undone.clear()
        self.acts.append(act)
        if isinstance(act, Stroke):
            self._standing.append(act)
            self._mark(act)
        else:
            self._start_again()

    def extend(self, points: tuple[tuple[float, float], ...]) -> None:
        """Draw the last stroke on, over further (x, y) in pixels of the image.

        Raises:
            CutOutError: nothing is there to draw on, or the stroke grows too long.
        """
        stroke = self.acts[-1] if self.acts else None
        if not isinstance(stroke, Stroke) or self._undone:
            raise CutOutError("There is no stroke to draw on.")
        if len(stroke.points) + len(points) > MAX_POINTS:
            raise CutOutError(f"A stroke has at most {MAX_POINTS} points; lift the pen.")
        self.acts[-1] = self._standing[-1] = replace(stroke, points=stroke.points + points)
        self._mark(replace(stroke, points=(stroke.points[-1], *points)))

    def amend(self, acts: Iterable[Act]) -> None:
        """Put other acts in place of all that was done; undoing brings them back in one step.

        Raises:
            CutOutError: they are too many.
        """
        acts = list(acts)
        _require_room(len(acts))
        self._undone.clear()
        self._amended.append((self.acts, acts))
        self.acts = list(acts)
        self._start_again()

    def undo(self) -> None:
        """Take the last act or amendment back, if there is one."""
        if self._is_amended:
            self._undone.clear()
            self.acts = list(self._amended.pop()[0])
        elif self.acts:
            self._undone.append(self.acts.pop())
        self._start_again()

    def redo(self) -> None:
        """Do again what was undone last, if anything was."""
        if self._undone:
            self.acts.append(self._undone.pop())
            self._start_again()

    def take_back(self, by: str) -> None:
        """Take back every stroke of one who drew, which undoing brings back at once."""
        self.amend(act for act in self.acts if not (isinstance(act, Stroke) and act.by == by))

    def clear(self) -> None:
        """Take everything back; undoing redoes nothing of it, redoing does, act by act."""
        self._undone += reversed(self.acts)
        self.acts = []
        self._start_again()

    def mask(self) -> Mask:
        """Give the (h, w) bool mask in the view; not to be written into."""
        if self._mask is None:
            if self._session is None:
                self._session = self._blank.copy()
                for number, label in ((LABELLED_OUTSIDE, OUTSIDE), (LABELLED_INSIDE, INSIDE)):
                    self._session.label(np.argwhere(self.labels == number), label)
            self._mask = self._session.cut()
        return self._mask

    def full_mask(self) -> Mask:
        """Give the (H, W) bool mask at the image's own size, its edge refined where the view is smaller."""
        whole = np.zeros(self.size, np.bool_)
        part = self._part()
        mask = self.mask()
        same = mask.shape == part.shape[:2]
        whole[self._slices()] = mask if same else refine(part, self.view_image, mask)
        return whole

    def full_labels(self) -> NDArray[np.uint8]:
        """Give the (H, W) uint8 labels of the strokes at the image's own size: 0, 1 inside, 2 outside."""
        return draw_labels(self._standing, self.size)

    @property
    def _reach(self) -> float:
        return REACH * max(self.view.right - self.view.left, self.view.bottom - self.view.top)

    @property
    def _is_amended(self) -> bool:
        return bool(self._amended) and self.acts == self._amended[-1][1]

    def _last_box(self) -> Box:
        height, width = self.size
        return next((act for act in reversed(self.acts) if isinstance(act, Box)), Box(0, 0, width, height))

    def _slices(self) -> tuple[slice, slice]:
        return slice(self.view.top, self.view.bottom), slice(self.view.left, self.view.right)

    def _part(self) -> NDArray[np.uint8]:
        return self.image[self._slices()]

    def _look_at(self, box: Box) -> None:
        self.view = box
        part = self._part()
        scale = min(1.0, WORKING_SIZE / max(part.shape[:2]))
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        small = part if scale == 1 else cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        self.view_image = np.ascontiguousarray(small, np.uint8)
        self._blank = self._segmenter.begin(self.view_image)
        self.labels: NDArray[np.uint8] = np.zeros(self.view_image.shape[:2], np.uint8)

    def _start_again(self) -> None:
        if (box := self._last_box()) != self.view:
            self._look_at(box)
        self._redraw()

    def _redraw(self) -> None:
        self.labels[:] = UNLABELLED
        height, width = self.size
        if self.view != Box(0, 0, width, height):
            self.labels[[0, -1]] = LABELLED_OUTSIDE
            self.labels[:, [0, -1]] = LABELLED_OUTSIDE
            rows, columns = self.labels.shape
            cv2.circle(self.labels, (columns // 2, rows // 2), 1 + min(rows, columns) // 50, LABELLED_INSIDE, -1)
        self._standing = standing(self.acts, self._reach)
        for act in self._standing:
            draw_act(self.labels, act, (self.view.left, self.view.top), self.scale)
        self._session = self._mask = None

    def _mark(self, stroke: Stroke) -> None:
        """Draw a stroke, or the end of one, over the labels, and tell the session as little as will do."""
        if len(left_by(stroke, self._standing, self._reach)) < len(self._standing):
            self._redraw()
            return
        pixels, was_marked = mark_stroke(self.labels, stroke, (self.view.left, self.view.top), self.scale)
        if not len(pixels):
            return
        self._mask = None
        # A session never gives a label up, so one that is to lose any is begun again at the next cut.
        if was_marked:
            self._session = None
        elif self._session is not None:
            self._session.label(pixels, INSIDE if stroke.pen == "inside" else OUTSIDE)


def _require_room(count: int) -> None:
    if count > MAX_ACTS:
        raise CutOutError(f"No more than {MAX_ACTS} strokes fit on one image; undo some.")
