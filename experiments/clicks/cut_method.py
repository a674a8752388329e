"""Clicks as dots that a segmenter cuts at the size of the image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.simulated_users.clicks import Click
from cutout_rl.experiments.simulated_users.regions import Mask
from cutout_rl.game.session_labels import label_session
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.segmenters import INSIDE, OUTSIDE, Segmenter, Session
from cutout_rl.utils.errors import CutOutError

# Radius of a dot, as a share of the image's longer side.
DOT_RADIUS: Final = 1.5 / 128


@dataclass(frozen=True)
class CutMethod:
    """A method that labels a dot at each click and cuts the image, as large as it is.

    A dot replaces earlier labels. It ends halfway to the nearest click of the other label, so that both clicks count.

    Attributes:
        segmenter: cuts the dots.
    """

    segmenter: Segmenter

    def __call__(self, image: NDArray[np.uint8]) -> Callable[[Click], Mask]:
        """Start on an (H, W, 3) uint8 image, and return a function from each click to the (H, W) bool mask."""
        return _ClickedImage(image, self.segmenter).click


class _ClickedImage:
    """An image, the dots on it, and the session that cuts them."""

    def __init__(self, image: NDArray[np.uint8], segmenter: Segmenter) -> None:
        self._blank: Session = segmenter.begin(image)
        self._session = self._blank.copy()
        self._labels: NDArray[np.uint8] = np.full(image.shape[:2], UNLABELLED, np.uint8)
        self._clicks: list[Click] = []

    def click(self, click: Click) -> Mask:
        """Label a dot, and return the mask."""
        dot = self._dot(click)
        self._clicks.append(click)
        own = LABELLED_INSIDE if click.inside else LABELLED_OUTSIDE
        is_replaced = bool((dot & (self._labels != UNLABELLED) & (self._labels != own)).any())
        self._labels[dot] = own
        if is_replaced:  # labels of a session are permanent
            self._session = self._blank.copy()
            label_session(self._session, self._labels)
        else:
            self._session.label(np.argwhere(dot), INSIDE if click.inside else OUTSIDE)
        try:
            return self._session.cut()
        except ValueError as error:
            raise CutOutError(f"The predicted prior cannot be used: {error}.") from None

    def _dot(self, click: Click) -> Mask:
        height, width = self._labels.shape
        radius = DOT_RADIUS * max(height, width)
        for other in self._clicks:
            if other.inside != click.inside:
                radius = min(radius, math.hypot(other.row - click.row, other.column - click.column) / 2)
        rows, columns = np.arange(height)[:, None], np.arange(width)
        return np.asarray((rows - click.row) ** 2 + (columns - click.column) ** 2 <= radius**2)
