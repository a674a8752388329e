"""Sessions of the default segmenter: one image's state, updated incrementally."""

from copy import copy

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
    label_pixels,
    select_state,
)
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label
from cutout_rl.segmenters.thread_scratch import thread_scratch


class GraphCutSession:
    """One image being segmented while strokes are added; created by `GraphCutSegmenter.begin`."""

    def __init__(self, image: NDArray[np.uint8], settings: CutSettings) -> None:
        """Compute what depends on the image only."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the image is {image.dtype} {image.shape}; it must be uint8 (H, W, 3), not empty")
        self._settings = settings
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
        return twin

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels; see `Session.label`."""
        if pixels.ndim != 2 or pixels.shape[1] != 2:
            raise ValueError(f"pixels have shape {pixels.shape}; it must be (N, 2)")
        if label not in (INSIDE, OUTSIDE):
            raise ValueError(f"the label is {label}; it must be INSIDE or OUTSIDE")
        if ((pixels < 0) | (pixels >= self._state.labels.shape)).any():
            raise IndexError("a pixel lies outside the image")
        label_pixels(
            self._state,
            thread_scratch(*self._state.labels.shape),
            np.ascontiguousarray(pixels, dtype=np.int32),
            int(label),
            self._settings,
        )

    def cut(self) -> NDArray[np.bool_]:
        """Return the mask; see `Session.cut`."""
        mask = np.empty(self._state.labels.shape, dtype=np.bool_)
        cut(self._state, thread_scratch(*self._state.labels.shape), self._settings, mask)
        return mask
