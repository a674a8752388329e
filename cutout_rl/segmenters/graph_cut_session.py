"""Sessions of the default segmenter: one image's state, updated incrementally."""

from copy import copy
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.energy import SEED, SEED_NATS
from cutout_rl.segmenters.graph_cut_state import (
    CutSettings,
    GraphCutState,
    allocate_states,
    begin,
    copy_states,
    cut,
    forget_flow,
    label_pixels,
    select_state,
)
from cutout_rl.segmenters.prior_term import fill_weakened, object_probabilities, prior_units, read_weights
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label
from cutout_rl.segmenters.thread_scratch import thread_scratch


class GraphCutSession:
    """One image being segmented while strokes are added; created by `GraphCutSegmenter.begin`."""

    def __init__(
        self, image: NDArray[np.uint8], settings: CutSettings, prior_weight: float, prior_edges: float
    ) -> None:
        """Compute what depends on the image only."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the image is {image.dtype} {image.shape}; it must be uint8 (H, W, 3), not empty")
        self._settings = settings
        self._prior_weight, self._prior_edges = prior_weight, prior_edges
        self._prior: NDArray[np.int32] | None = None  # see `prior_units`
        self._weights: NDArray[np.int16] | None = None  # of the image alone, once there was a prior
        self._new: list[tuple[NDArray[np.int32], Label]] = []  # pixels labelled since the last cut
        self._state: GraphCutState = select_state(allocate_states(1, image.shape[0], image.shape[1]), 0)
        begin(self._state, thread_scratch(*self._state.labels.shape), np.ascontiguousarray(image), settings)

    @property
    def unaries(self) -> NDArray[np.float64]:
        """The (H, W) float64 unaries U of the last cut, in nats; +-2^20 on labelled pixels."""
        stored = self._state.unaries
        return np.where(abs(stored) == SEED, np.sign(stored) * float(SEED_NATS), stored)

    def copy(self) -> "GraphCutSession":
        """Return an independent session in the same state; see `Session.copy`."""
        twin = copy(self)
        twin._state = copy_states(self._state)
        twin._new = self._new.copy()
        return twin

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels; see `Session.label`."""
        if pixels.ndim != 2 or pixels.shape[1] != 2:
            raise ValueError(f"pixels have shape {pixels.shape}; it must be (N, 2)")
        if label not in (INSIDE, OUTSIDE):
            raise ValueError(f"the label is {label}; it must be INSIDE or OUTSIDE")
        if ((pixels < 0) | (pixels >= self._state.labels.shape)).any():
            raise IndexError("a pixel lies outside the image")
        self._new.append((np.array(pixels, dtype=np.int32), label))

    def set_prior(self, log_odds: NDArray[np.floating] | None) -> None:
        """Set the object prior, in place of an earlier one; the next cut begins without flow.

        Args:
            log_odds: (H, W) floats, log(s / (1 - s)) of each pixel's probability s to be of the object; clipped to
                [-8, 8], so that infinities are allowed. None forgets the prior.

        Raises:
            ValueError: `log_odds` has another shape or dtype, or holds a NaN.
        """
        shape = self._state.labels.shape
        if log_odds is None and self._prior is None:
            return
        if log_odds is not None and (log_odds.shape != shape or not np.issubdtype(log_odds.dtype, np.floating)):
            raise ValueError(f"the prior is {log_odds.dtype} {log_odds.shape}; it must be floats of shape {shape}")
        if log_odds is not None and np.isnan(log_odds).any():
            raise ValueError("the prior holds a NaN; it must be log-odds, which may be infinite")
        if self._weights is None:
            self._weights = read_weights(self._state.residual, shape[1])
        self._prior = None if log_odds is None else prior_units(log_odds, self._prior_weight)
        if log_odds is None or self._prior_edges == 0:
            self._state.residual[:] = self._weights
        else:
            fill_weakened(self._weights, object_probabilities(log_odds), self._prior_edges, self._state.residual)
        forget_flow(self._state)

    def apply_labels(self) -> None:
        """Update the distances and the histograms by the pixels labelled since the last cut; `cut` does so too."""
        scratch = thread_scratch(*self._state.labels.shape)
        # All new pixels at once: the first labels of an image change most of its distances.
        for label, run in groupby(self._new, key=itemgetter(1)):
            pixels = np.concatenate([pixels for pixels, _ in run])
            label_pixels(self._state, scratch, pixels, int(label), self._settings)
        self._new = []

    def cut(self) -> NDArray[np.bool_]:
        """Return the mask; see `Session.cut`."""
        self.apply_labels()
        mask = np.empty(self._state.labels.shape, dtype=np.bool_)
        cut(self._state, thread_scratch(*self._state.labels.shape), self._settings, mask, self._prior)
        return mask
