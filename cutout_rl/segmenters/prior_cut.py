"""The graph cut with an object prior that is predicted anew from every change of the scribbles."""

from copy import copy
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.graph_cut_session import GraphCutSession
from cutout_rl.segmenters.scaled_cut import ScaledCutSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label, require_scribbles

_UNLABELLED, _INSIDE, _OUTSIDE = 0, 1, 2  # as scribbles are stored


class PredictObject(Protocol):
    """Predicts an object from the scribbles so far; called on several threads."""

    def __call__(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.floating]:
        """Return the log-odds of the object.

        Args:
            image: (H, W, 3) uint8, RGB.
            labels: (H, W) uint8: 0 unlabelled, 1 inside, 2 outside.
            mask: (H, W) bool, their mask by the cut without a prior.

        Returns:
            (H, W) floats.
        """
        ...


@dataclass(frozen=True)
class PriorCutSegmenter:
    """A `Segmenter` that cuts twice: without a prior, and with the one predicted from that mask and the scribbles.

    The mask depends on image and scribbles only, and is the exact minimum of the energy of `GraphCutSegmenter` with
    that prior.

    Attributes:
        predict: predicts the prior.
        cut: the energy.
    """

    predict: PredictObject
    cut: GraphCutSegmenter | ScaledCutSegmenter = field(default_factory=ScaledCutSegmenter)

    def begin(self, image: NDArray[np.uint8]) -> "PriorCutSession":
        """Start a session on an (H, W, 3) uint8 RGB image, without strokes."""
        return PriorCutSession(self.predict, image, self.cut.begin(image))

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Segment an image from scratch; see `Segmenter.segment`."""
        require_scribbles(image, inside, outside)
        session = self.begin(image)
        session.label(np.argwhere(outside), OUTSIDE)
        session.label(np.argwhere(inside), INSIDE)
        return session.cut()


class PriorCutSession:
    """A session of `PriorCutSegmenter`.

    Attributes:
        log_odds: (H, W) floats, the prior of the last cut; None before the first label inside.
    """

    def __init__(self, predict: PredictObject, image: NDArray[np.uint8], blank: GraphCutSession) -> None:
        """Start without strokes, from a session without strokes."""
        self._predict = predict
        self._image = image
        self._labels = np.zeros(image.shape[:2], np.uint8)
        self._plain = blank
        self._informed = blank.copy()
        self._mask: NDArray[np.bool_] | None = None
        self._seen: NDArray[np.uint8] | None = None  # by the prediction of the last cut
        self.log_odds: NDArray[np.floating] | None = None

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels; see `Session.label`."""
        self._plain.label(pixels, label)
        self._informed.label(pixels, label)
        rows, columns = pixels.T
        free = self._labels[rows, columns] == _UNLABELLED
        self._labels[rows[free], columns[free]] = _INSIDE if label == INSIDE else _OUTSIDE
        self._mask = None

    def cut(self, seen: NDArray[np.uint8] | None = None) -> NDArray[np.bool_]:
        """Return the mask; see `Session.cut`.

        Args:
            seen: see `predict`.
        """
        is_same = seen is self._seen if seen is None or self._seen is None else np.array_equal(seen, self._seen)
        if self._mask is None or not is_same:
            log_odds = self.predict(seen)
            if log_odds is not None:
                self.log_odds = log_odds
                self._informed.set_prior(log_odds)
            self._mask, self._seen = self._informed.cut(), seen
        return np.array(self._mask)

    def predict(self, seen: NDArray[np.uint8] | None = None) -> NDArray[np.floating] | None:
        """Return the (H, W) log-odds of the object; None before the first label inside.

        Args:
            seen: (H, W) uint8, labels that the prediction reads in place of those that are cut; None for those.
        """
        plain = self._plain.cut()
        if not plain.any():
            return None
        if seen is None:
            return self._predict(self._image, self._labels.copy(), plain)
        return self._predict(self._image, seen, (plain | (seen == _INSIDE)) & (seen != _OUTSIDE))

    def draft(self, log_odds: NDArray[np.floating] | None) -> NDArray[np.bool_]:
        """Return the (H, W) bool mask with a given prior, for strokes that are still being drawn.

        Args:
            log_odds: (H, W) floats, as `log_odds` of this or of an earlier session; None for no prior.
        """
        if log_odds is not self.log_odds:
            self.log_odds = log_odds
            self._informed.set_prior(log_odds)
        return self._informed.cut()

    def copy(self) -> "PriorCutSession":
        """Return an independent session in the same state; see `Session.copy`."""
        twin = copy(self)
        twin._labels = self._labels.copy()
        twin._plain, twin._informed = self._plain.copy(), self._informed.copy()
        return twin
