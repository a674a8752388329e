"""The strokes of an object as they are shown over the image, without imports and filled background."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.edits import Edit, Stroke
from cutout_rl.web.rasterize import draw_edit, mark_stroke


class StrokeLayer:
    """The labels of strokes, in the view and in any other part of the image.

    Attributes:
        labels: (h, w) uint8 in the view: 0, 1 inside, 2 outside.
    """

    def __init__(self, shape: tuple[int, ...], origin: tuple[int, int], scale: float) -> None:
        """Begin without strokes.

        Args:
            shape: (h, w) of the cut of the view.
            origin: (x, y) in the image of its first pixel.
            scale: pixels of the cut per pixel of the image.
        """
        self.labels: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self._origin, self._scale = origin, scale
        self._before_last: tuple[list[Any], NDArray[np.uint8]] | None = None  # of the part that was asked for last

    def redraw(self, edits: Sequence[Edit]) -> None:
        """Draw all strokes anew."""
        self.labels[:] = 0
        for stroke in _strokes(edits):
            draw_edit(self.labels, stroke, self._origin, self._scale)

    def mark(self, stroke: Stroke) -> None:
        """Draw a stroke, or the end of one."""
        mark_stroke(self.labels, stroke, self._origin, self._scale)

    def part(
        self, edits: Sequence[Edit], origin: tuple[int, int], step: int, shape: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Return the labels of strokes in a part of the image.

        Args:
            edits: the strokes among others.
            origin: (x, y) of the first pixel, in the image.
            step: pixels of the image per label, either side.
            shape: (h, w) of the labels.

        Returns:
            (h, w) uint8.
        """
        strokes = _strokes(edits)
        key = [origin, step, shape, *strokes[:-1]]
        if self._before_last is None or self._before_last[0] != key:
            labels = np.zeros(shape, np.uint8)
            for stroke in strokes[:-1]:
                draw_edit(labels, stroke, origin, 1 / step)
            self._before_last = key, labels
        shown: NDArray[np.uint8] = self._before_last[1].copy()
        for stroke in strokes[-1:]:
            draw_edit(shown, stroke, origin, 1 / step)
        return shown


def _strokes(edits: Sequence[Edit]) -> list[Stroke]:
    return [edit for edit in edits if isinstance(edit, Stroke)]
