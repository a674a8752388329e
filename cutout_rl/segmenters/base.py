"""What a scribble segmenter is: an image and labelled pixels in, a mask out."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Label = Literal[0, 1]
OUTSIDE: Label = 0
INSIDE: Label = 1


class Session(Protocol):
    """One image being segmented while strokes are added to it."""

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels.

        Args:
            pixels: (N, 2) integers, (row, column) inside the image; repeated pixels are fine, N may be 0. A pixel that
                already carries a label keeps it: the first stroke over a pixel wins.
            label: INSIDE or OUTSIDE.

        Raises:
            IndexError: a pixel lies outside the image; nothing is labelled then.
            ValueError: `pixels` has another shape, or `label` is neither.
        """
        ...

    def cut(self) -> NDArray[np.bool_]:
        """Give the (H, W) bool mask of the labels so far, a fresh array, True on the object."""
        ...

    def copy(self) -> "Session":
        """Give an independent session in the same state, so that a stroke can be tried and thrown away."""
        ...


class Segmenter(Protocol):
    """Turns scribbles into masks; holds settings, never state."""

    def begin(self, image: NDArray[np.uint8]) -> Session:
        """Start on an (H, W, 3) uint8 RGB image without any stroke."""
        ...

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Cut once, from nothing.

        Args:
            image: (H, W, 3) uint8, RGB.
            inside: (H, W) bool, the pixels known to be object.
            outside: (H, W) bool, the pixels known to be background.

        Returns:
            (H, W) bool, a fresh array, True on the object. The same mask that a session gives after the same labels.

        Raises:
            ValueError: shapes differ, or a pixel is both inside and outside.
        """
        ...
