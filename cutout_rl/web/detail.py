"""What a client sees of a large image: a part of the exported mask at the resolution of the screen."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.edits import Box
from cutout_rl.web.resample import Mask

MOST_PIXELS: Final = 1024  # of the longer side of a detail
_BAND: Final = 256  # rows of the image between two looks at the clock


@dataclass(frozen=True)
class Look:
    """What a client sees.

    Attributes:
        area: in the image.
        step: pixels of the image per pixel of the detail, either side.
    """

    area: Box
    step: int

    @classmethod
    def at(cls, area: Box, pixels: int) -> "Look":
        """Return the look at an area that has that many pixels of the screen along its longer side."""
        return cls(area, max(1, math.ceil(max(area.width, area.height) / min(pixels, MOST_PIXELS))))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the detail; its last pixels may lie partly beyond the area."""
        return math.ceil(self.area.height / self.step), math.ceil(self.area.width / self.step)

    @property
    def sides(self) -> list[int]:
        """Left, top, right and bottom of the detail, in pixels of the image."""
        height, width = (side * self.step for side in self.shape)
        return [self.area.left, self.area.top, self.area.left + width, self.area.top + height]


class Detail:
    """The mask of an object as a client sees it, made in pieces.

    Attributes:
        mask: (h, w) bool; a pixel belongs to the mask if most of what it covers does. With a step of 1 it is the
            exported mask itself.
    """

    def __init__(self, part: Callable[[Box], Mask], look: Look) -> None:
        """Prepare; nothing is computed.

        Args:
            part: returns the mask of an area as bool pixels of the image.
            look: what the client sees.
        """
        self.mask = np.zeros(look.shape, np.bool_)
        self._part, self._look = part, look
        self._next = look.area.top

    def work(self, seconds: float) -> bool:
        """Fill in rows for some time; return whether the mask is complete."""
        end = time.monotonic() + seconds
        area, step = self._look.area, self._look.step
        band = area.height if seconds == float("inf") else math.ceil(_BAND / step) * step
        while self._next < area.bottom:
            rows = Box(area.left, self._next, area.right, min(self._next + band, area.bottom))
            part = _reduced(self._part(rows), step)
            first = (self._next - area.top) // step
            self.mask[first : first + len(part)] = part
            self._next = rows.bottom
            if time.monotonic() > end:
                break
        return self._next >= area.bottom


def _reduced(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Return for each block of `step` times `step` pixels whether the mask has most of them."""
    if step == 1:
        return mask
    height, width = (math.ceil(side / step) for side in mask.shape)
    whole = np.zeros((height * step, width * step), np.uint8)
    whole[: mask.shape[0], : mask.shape[1]] = mask
    counts = whole.reshape(height, step, width * step).sum(axis=1, dtype=np.uint16)
    return np.asarray(2 * counts.reshape(height, width, step).sum(axis=2, dtype=np.uint32) > step * step)
