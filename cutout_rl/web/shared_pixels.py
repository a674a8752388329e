"""Which pixels the other objects of an image have, computed when it is asked for."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Box
from cutout_rl.web.resample import Mask


class SharedPixels:
    """The pixels that are marked as other objects', and those of the objects above the current one."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._marked: dict[Box, NDArray[np.uint16]] = {}  # by view, how many objects a pixel is marked as
        self._upper: Mask | None = None  # in the view of the current object
        self._upper_part: tuple[Box, Mask] | None = None  # in an area, at the size of the image

    def forget(self) -> None:
        """Forget everything, because edits have changed."""
        self._marked = {}
        self.forget_upper()

    def forget_upper(self) -> None:
        """Forget the pixels of the objects above, because masks or the order of the objects have changed."""
        self._upper = self._upper_part = None

    def marked_by_others(self, drawing: Drawing, drawings: Collection[Drawing]) -> Mask:
        """Return the (h, w) bool pixels of a drawing's view that edits of other ones mark as theirs.

        Args:
            drawing: one of the drawings.
            drawings: of all objects.
        """
        view, shape = drawing.view, (drawing.labels.shape[0], drawing.labels.shape[1])
        if view not in self._marked:
            self._marked[view] = np.zeros(shape, np.uint16)
            for drawn in drawings:
                self._marked[view] += drawn.inside_labels(view, shape)
        return np.asarray(self._marked[view] > drawing.inside_labels(view, shape))

    def of_upper(self, upper: Collection[Drawing], view: Box, shape: tuple[int, int]) -> Mask:
        """Return the pixels that the drawings above have in a view, as (h, w) bool of that shape."""
        if self._upper is None or self._upper.shape != shape:
            self._upper = np.zeros(shape, np.bool_)
            for drawing in upper:
                self._upper |= drawing.mask_in(view, shape)
        return self._upper

    def of_upper_in(self, upper: Collection[Drawing], area: Box) -> Mask:
        """Return the pixels that the drawings above have in an area, as bool pixels of the image."""
        if self._upper_part is None or self._upper_part[0] != area:
            found = np.zeros((area.height, area.width), np.bool_)
            for drawing in upper:
                found |= drawing.part(area)
            self._upper_part = area, found
        return self._upper_part[1]
