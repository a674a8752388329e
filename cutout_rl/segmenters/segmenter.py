"""The interface of scribble segmenters: `Segmenter`, `Session` and the two labels."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Label = Literal[0, 1]
OUTSIDE: Label = 0
INSIDE: Label = 1


class Session(Protocol):
    """One image being segmented while strokes are added."""

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels.

        Args:
            pixels: (N, 2) integers, (row, column) inside the image; pixels may repeat and N may be 0. A pixel that
                already has a label keeps it.
            label: INSIDE or OUTSIDE.

        Raises:
            IndexError: a pixel lies outside the image; no pixel is labelled.
            ValueError: `pixels` has another shape, or `label` is neither INSIDE nor OUTSIDE.
        """
        ...

    def cut(self) -> NDArray[np.bool_]:
        """Return the mask for the labels so far: a fresh (H, W) bool array, True on the object."""
        ...

    def copy(self) -> "Session":
        """Return an independent session in the same state, for trying out a stroke."""
        ...


class Segmenter(Protocol):
    """Settings of a method that turns scribbles into masks; stateless."""

    def begin(self, image: NDArray[np.uint8]) -> Session:
        """Start a session on an (H, W, 3) uint8 RGB image, without strokes."""
        ...

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Segment an image from scratch.

        Args:
            image: (H, W, 3) uint8, RGB.
            inside: (H, W) bool, the pixels labelled as object.
            outside: (H, W) bool, the pixels labelled as background.

        Returns:
            (H, W) bool, a fresh array, True on the object: the mask of a session with the same labels.

        Raises:
            ValueError: shapes differ, or a pixel is both inside and outside.
        """
        ...


def require_scribbles(image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> None:
    """Check the arguments of `Segmenter.segment`.

    Raises:
        ValueError: shapes differ, or a pixel is both inside and outside.
    """
    if image.ndim != 3 or image.shape[2] != 3 or not image.shape[:2] == inside.shape == outside.shape:
        raise ValueError(
            f"image must be (H, W, 3) and both scribbles (H, W), not {image.shape}, {inside.shape}, {outside.shape}"
        )
    if (inside & outside).any():
        raise ValueError("a pixel is both inside and outside")
