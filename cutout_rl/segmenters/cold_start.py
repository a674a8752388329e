"""Base class of segmenters that start cold: every cut is computed from scratch."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.components import touching_components
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label, Segmenter, require_scribbles


class ColdSession:
    """The labels of one image, which is segmented from scratch at every cut."""

    def __init__(self, segmenter: Segmenter, image: NDArray[np.uint8]) -> None:
        """Copy an (H, W, 3) uint8 RGB image, without strokes."""
        self._segmenter = segmenter
        self._image = image.copy()
        self._scribbles = {label: np.zeros(image.shape[:2], dtype=bool) for label in (OUTSIDE, INSIDE)}

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels; see `Session.label`."""
        if label not in self._scribbles:
            raise ValueError(f"label must be OUTSIDE (0) or INSIDE (1), not {label!r}")
        if pixels.ndim != 2 or pixels.shape[1] != 2:
            raise ValueError(f"pixels must have shape (N, 2), not {pixels.shape}")
        if ((pixels < 0) | (pixels >= self._image.shape[:2])).any():
            raise IndexError(f"a pixel lies outside the image of {self._image.shape[0]} x {self._image.shape[1]}")
        rows, columns = pixels.T
        taken = self._scribbles[OUTSIDE if label == INSIDE else INSIDE]
        self._scribbles[label][rows, columns] |= ~taken[rows, columns]

    def cut(self) -> NDArray[np.bool_]:
        """Return the mask; see `Session.cut`."""
        return self._segmenter.segment(self._image, self._scribbles[INSIDE], self._scribbles[OUTSIDE])

    def copy(self) -> "ColdSession":
        """Return an independent session in the same state."""
        twin = ColdSession(self._segmenter, self._image)
        twin._scribbles = {label: scribble.copy() for label, scribble in self._scribbles.items()}
        return twin


@dataclass(frozen=True, kw_only=True)
class ColdSegmenter(ABC):
    """A segmenter without state between strokes; subclasses implement `_cut`.

    Without inside labels the mask is empty; without outside labels it is the whole image. Otherwise it is the result of
    `_cut`, reduced to the components that contain an inside label.

    Attributes:
        components: whether to drop components without an inside label.
    """

    components: bool = True

    def begin(self, image: NDArray[np.uint8]) -> ColdSession:
        """Start a session; see `Segmenter.begin`."""
        return ColdSession(self, image)

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Segment an image from scratch; see `Segmenter.segment`.

        Raises:
            ValueError: shapes differ, or a pixel is both inside and outside.
        """
        require_scribbles(image, inside, outside)
        if not inside.any():
            return np.zeros(inside.shape, dtype=bool)
        if not outside.any():
            return np.ones(inside.shape, dtype=bool)
        cut = inside if (inside | outside).all() else self._cut(image, inside, outside)
        return touching_components(cut, inside) if self.components else cut.copy()

    @abstractmethod
    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return the (H, W) bool mask; inside, outside and unlabelled pixels are all present."""
