"""Sessions of the default segmenter: distances, histograms and flow, updated incrementally."""

from copy import copy
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.colour_model import (
    BORDER_WEIGHT,
    PIXEL_WEIGHT,
    ColourModel,
    build_colour_model,
    count_pixel,
    log_ratios,
    to_lab,
)
from cutout_rl.segmenters.components import touching_components
from cutout_rl.segmenters.energy import UNLABELLED, contrast_weights, update_unaries
from cutout_rl.segmenters.geodesic import no_distances, pixel_costs, shorten
from cutout_rl.segmenters.maxflow import FlowGraph, build_graph, change_unaries, solve
from cutout_rl.segmenters.padded_grid import neighbour_steps
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label


class _State(NamedTuple):
    """The state of a session: labels, distances and histograms of the strokes so far, and the flow of the last cut."""

    labels: NDArray[np.int8]
    costs: NDArray[np.int32]
    distances: NDArray[np.int32]
    colours: ColourModel
    unaries: NDArray[np.int32]
    graph: FlowGraph


class GraphCutSession:
    """One image being segmented while strokes are added; created by `GraphCutSegmenter.begin`."""

    def __init__(
        self,
        image: NDArray[np.uint8],
        geodesic_weight: float,
        colour_clip: float,
        pairwise_weight: float,
        border_prior: bool,
        components: bool,
    ) -> None:
        """Compute what depends on the image only; the settings are those of `GraphCutSegmenter`."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the image is {image.dtype} {image.shape}; it must be uint8 (H, W, 3), not empty")
        height, width, _ = image.shape
        lab = to_lab(np.ascontiguousarray(image))
        nothing = no_distances(height, width)
        self._geodesic_weight = float(geodesic_weight)
        self._colour_clip = float(colour_clip)
        self._border_prior = border_prior
        self._components = components
        self._state = _State(
            labels=np.full((height, width), UNLABELLED, dtype=np.int8),
            costs=pixel_costs(lab),
            distances=np.stack([nothing, nothing]),
            colours=build_colour_model(lab),
            unaries=np.zeros((height, width), dtype=np.int32),
            graph=build_graph(width, contrast_weights(lab, float(pairwise_weight))),
        )
        if border_prior:
            _count_border(self._state)

    @property
    def unaries(self) -> NDArray[np.float64]:
        """The (H, W) float64 unaries U of the last cut, in nats; +-2^20 on labelled pixels."""
        return self._state.unaries.astype(np.float64)

    def copy(self) -> "GraphCutSession":
        """Return an independent session in the same state; see `Session.copy`."""
        twin = copy(self)
        state = self._state
        twin._state = state._replace(
            labels=state.labels.copy(),
            distances=state.distances.copy(),
            colours=state.colours._replace(mass=state.colours.mass.copy(), weight=state.colours.weight.copy()),
            unaries=state.unaries.copy(),
            graph=FlowGraph(*(array.copy() for array in state.graph)),
        )
        return twin

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels; see `Session.label`."""
        if pixels.ndim != 2 or pixels.shape[1] != 2:
            raise ValueError(f"pixels have shape {pixels.shape}; it must be (N, 2)")
        if label not in (INSIDE, OUTSIDE):
            raise ValueError(f"the label is {label}; it must be INSIDE or OUTSIDE")
        _label(self._state, np.ascontiguousarray(pixels, dtype=np.int64), int(label), self._border_prior)

    def cut(self) -> NDArray[np.bool_]:
        """Return the mask; see `Session.cut`."""
        return _cut(self._state, self._geodesic_weight, self._colour_clip, self._components)


@numba.njit(cache=True, nogil=True)
def _is_border(labels: NDArray[np.int8], row: int, column: int) -> bool:
    """Return whether a pixel lies on the image's border."""
    height, width = labels.shape
    return row in (0, height - 1) or column in (0, width - 1)


@numba.njit(cache=True, nogil=True)
def _count_border(state: _State) -> None:
    """Initialise the outside distances and histogram with the image's border pixels."""
    height, width = state.labels.shape
    seeds = np.empty(height * width, dtype=np.int32)
    count = 0
    for row in range(height):
        for column in range(width):
            if _is_border(state.labels, row, column):
                count_pixel(state.colours, row, column, OUTSIDE, BORDER_WEIGHT)
                seeds[count] = (row + 1) * (width + 2) + column + 1
                count += 1
    shorten(state.distances[OUTSIDE], state.costs, neighbour_steps(width), seeds[:count])


@numba.njit(cache=True, nogil=True)
def _label(state: _State, pixels: NDArray[np.int64], label: int, border_prior: bool) -> None:
    """Label pixels and update the distances and histograms."""
    height, width = state.labels.shape
    for row, column in pixels:
        if not (0 <= row < height and 0 <= column < width):
            raise IndexError("a pixel lies outside the image")
    seeds = np.empty(len(pixels), dtype=np.int32)
    count = 0
    for row, column in pixels:
        if state.labels[row, column] == UNLABELLED:
            state.labels[row, column] = label
            count_pixel(state.colours, row, column, label, PIXEL_WEIGHT)
            if border_prior and _is_border(state.labels, row, column):
                count_pixel(state.colours, row, column, OUTSIDE, -BORDER_WEIGHT)
            seeds[count] = (row + 1) * (width + 2) + column + 1
            count += 1
    shorten(state.distances[label], state.costs, neighbour_steps(width), seeds[:count])


@numba.njit(cache=True, nogil=True)
def _cut(state: _State, geodesic_weight: float, colour_clip: float, components: bool) -> NDArray[np.bool_]:
    """Update the unaries, solve the minimum cut and return the mask."""
    height, width = state.labels.shape
    ratios = log_ratios(state.colours, colour_clip)
    nodes, changes = update_unaries(
        state.unaries, state.labels, state.distances, state.colours.colour, ratios, geodesic_weight
    )
    change_unaries(state.graph, nodes, changes)
    solve(state.graph)
    mask = np.empty((height, width), dtype=np.bool_)
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        heights = state.graph.height[start : start + width]
        for column in range(width):
            mask[row, column] = heights[column] > 0
    return touching_components(mask, state.labels == INSIDE) if components else mask
