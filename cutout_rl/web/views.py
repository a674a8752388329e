"""The parts of an image that are cut, each prepared once for all objects."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters import GraphCutSegmenter, ScaledCutSegmenter, Segmenter, Session
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.web.edits import Box

WORKING_SIZE: Final = 512  # px of the longer side during the cut; masks of larger images are upsampled
_KEPT: Final = 4  # views; each takes some tens of MiB


def scale_of(view: Box) -> float:
    """Return the pixels of the cut per pixel of the image, at most 1."""
    return min(1.0, WORKING_SIZE / max(view.width, view.height))


def shape_of(view: Box) -> tuple[int, int]:
    """Return the (h, w) of the cut of a view, at most 512 pixels."""
    scale = scale_of(view)
    return max(1, round(view.height * scale)), max(1, round(view.width * scale))


class Views:
    """The views of one image, at the size of the cut, and the sessions that cuts of them begin with.

    Attributes:
        image: (H, W, 3) uint8, RGB.
    """

    def __init__(self, image: NDArray[np.uint8], segmenter: Segmenter) -> None:
        """Store the image; nothing is computed."""
        self.image = image
        self._segmenter = segmenter
        self.picture = lru_cache(_KEPT)(self._picture)
        self._blank = lru_cache(_KEPT)(lambda view: segmenter.begin(self.picture(view)))
        fine = _for_windows(segmenter)
        self._blank_window = lru_cache(_KEPT)(lambda window: fine.begin(self.picture(window)))

    def part(self, view: Box) -> NDArray[np.uint8]:
        """Return the pixels of the image in a view."""
        return self.image[view.top : view.bottom, view.left : view.right]

    def begin(self, view: Box) -> Session:
        """Return a new session without labels."""
        session: Session = self._blank(view).copy()
        return session

    def prepare_window(self, window: Box) -> None:
        """Compute what the first session of a window begins with."""
        self._blank_window(window)

    def begin_window(self, window: Box) -> Session:
        """Return a new session without labels for a window, in which the cut of the whole is known."""
        session: Session = self._blank_window(window).copy()
        return session

    def _picture(self, view: Box) -> NDArray[np.uint8]:
        """Return a view, at most 512 px wide and high."""
        part = self.part(view)
        shape = shape_of(view)
        small = part if shape == part.shape[:2] else cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small, np.uint8)


def _for_windows(segmenter: Segmenter) -> Segmenter:
    """Return the segmenter for windows.

    The border of a window is no evidence of background, unlike an image's. The pairwise term does not grow with the
    window, because what is drawn zoomed in is thin.
    """
    if isinstance(segmenter, PriorCutSegmenter):
        return _for_windows(segmenter.cut)
    if isinstance(segmenter, ScaledCutSegmenter):
        return _for_windows(segmenter.cut)
    return replace(segmenter, border_prior=False) if isinstance(segmenter, GraphCutSegmenter) else segmenter
