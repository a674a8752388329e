"""The pixels of an object's mask that a person has painted: by the brush, or by moving points of the outline."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.edits import Box, Edit
from cutout_rl.web.rasterize import BRUSHES, mark_painted, paints
from cutout_rl.web.resample import Mask


class PaintLayer:
    """Painted pixels in the view at the size of its cut, and in the image at its own size once they are asked for."""

    def __init__(self, view: Box, shape: tuple[int, ...], size: tuple[int, int]) -> None:
        """Begin without paint.

        Args:
            view: the part of the image that is cut.
            shape: (h, w) of the cut.
            size: (height, width) of the image.
        """
        self._origin, self._scale, self._size = (view.left, view.top), shape[1] / view.width, size
        self._in_view: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self._in_image: NDArray[np.uint8] | None = None
        self._is_empty = True

    def redraw(self, edits: Sequence[Edit]) -> None:
        """Paint all edits anew."""
        self._in_view[:] = 0
        self._in_image = None
        self._is_empty = not any(paints(edit) for edit in edits)
        if not self._is_empty:
            for edit in edits:
                mark_painted(self._in_view, edit, self._origin, self._scale)

    def mark(self, edit: Edit) -> None:
        """Paint an edit, or the end of a stroke; labels take paint away."""
        if self._is_empty and not paints(edit):
            return
        self._is_empty = False
        mark_painted(self._in_view, edit, self._origin, self._scale)
        if self._in_image is not None:
            mark_painted(self._in_image, edit, (0, 0), 1)

    def over_view(self, mask: Mask) -> Mask:
        """Return the (h, w) bool mask of the view with what is painted."""
        return mask if self._is_empty else _painted(mask, self._in_view)

    def over_part(self, mask: Mask, area: Box, edits: Sequence[Edit]) -> Mask:
        """Return the bool mask of an area, in pixels of the image, with what is painted.

        Args:
            mask: of the area.
            area: in the image.
            edits: all of them, which are painted at the size of the image when it is first asked for.
        """
        if self._is_empty:
            return mask
        if self._in_image is None:
            self._in_image = np.zeros(self._size, np.uint8)
            for edit in edits:
                mark_painted(self._in_image, edit, (0, 0), 1)
        return _painted(mask, self._in_image[area.slices()])

    def release(self) -> None:
        """Free the memory of the paint at the size of the image."""
        self._in_image = None


def _painted(mask: Mask, paint: NDArray[np.uint8]) -> Mask:
    return np.asarray((mask | (paint == BRUSHES["add"])) & (paint != BRUSHES["remove"]))
