"""The default scribble segmenter: a graph cut over geodesic distances, colours and contrast, kept warm between strokes."""

from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.base import INSIDE, OUTSIDE, Label
from cutout_rl.segmenters.colour import ColourModel, build_colour_model, count_pixel, log_ratios, to_lab
from cutout_rl.segmenters.components import touching_components
from cutout_rl.segmenters.energy import UNLABELLED, contrast_weights, unary_units
from cutout_rl.segmenters.geodesic import no_distances, pixel_costs, shorten
from cutout_rl.segmenters.maxflow import SOURCE, FlowGraph, build_graph, change_unary, solve


class _State(NamedTuple):
    """All arrays of a session, so that one compiled call can take them."""

    labels: NDArray[np.int8]
    costs: NDArray[np.int32]
    distances: NDArray[np.int32]
    colours: ColourModel
    units: NDArray[np.int32]
    graph: FlowGraph


@dataclass(frozen=True)
class GraphCutSegmenter:
    """Interactive graph cut."""

    geodesic_weight: float = 4.0
    colour_clip: float = 2.0
    pairwise_weight: float = 6.0
    components: bool = True

    def begin(self, image: NDArray[np.uint8]) -> "GraphCutSession":
        """Start on an (H, W, 3) uint8 RGB image without any stroke."""
        return GraphCutSession(self, image)

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Cut once, from nothing; see `Segmenter.segment`."""
        if inside.shape != image.shape[:2] or outside.shape != image.shape[:2]:
            raise ValueError(f"image {image.shape}, inside {inside.shape} and outside {outside.shape} differ in size")
        if np.any(inside & outside):
            raise ValueError("a pixel is both inside and outside")
        session = GraphCutSession(self, image)
        session.label(np.argwhere(outside), OUTSIDE)
        session.label(np.argwhere(inside), INSIDE)
        return session.cut()


class GraphCutSession:
    """One image being segmented while strokes are added to it; made by `GraphCutSegmenter.begin`."""

    def __init__(self, settings: GraphCutSegmenter, image: NDArray[np.uint8]) -> None:
        """Precompute what depends on the image alone."""
        height, width, _ = image.shape
        lab = to_lab(np.ascontiguousarray(image))
        self._settings = settings
        empty = no_distances(height, width)
        self._state = _State(
            labels=np.full((height, width), UNLABELLED, dtype=np.int8),
            costs=pixel_costs(lab),
            distances=np.stack([empty, empty]),
            colours=build_colour_model(lab),
            units=np.zeros((height, width), dtype=np.int32),
            graph=build_graph(width, contrast_weights(lab, settings.pairwise_weight)),
        )

    def add(self, pixels: NDArray[np.integer], label: Label) -> NDArray[np.bool_]:
        """Label more pixels and cut again; see `Session.add`."""
        self.label(pixels, label)
        return self.cut()

    def copy(self) -> "GraphCutSession":
        """Give an independent session in the same state; see `Session.copy`."""
        twin = object.__new__(GraphCutSession)
        twin._settings = self._settings
        twin._state = deepcopy(self._state)
        return twin

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        """Label more pixels without cutting."""
        height, width = self._state.labels.shape
        points = np.asarray(pixels, dtype=np.int64).reshape(-1, 2)
        _label(self._state, points, label)

    def cut(self) -> NDArray[np.bool_]:
        """Find the mask of the labels so far."""
        settings = self._settings
        return _cut(self._state, settings.geodesic_weight, settings.colour_clip, settings.components)


@numba.njit(cache=True, nogil=True)
def _label(state: _State, pixels: NDArray[np.int64], label: int) -> None:
    width = state.labels.shape[1]
    seeds = np.empty(len(pixels), dtype=np.int32)
    size = 0
    for index in range(len(pixels)):
        row, column = pixels[index, 0], pixels[index, 1]
        if state.labels[row, column] == UNLABELLED:
            state.labels[row, column] = label
            count_pixel(state.colours, row, column, label)
            seeds[size] = (row + 1) * (width + 2) + column + 1
            size += 1
    shorten(state.distances[label], state.costs, state.graph.steps, seeds[:size])


@numba.njit(cache=True, nogil=True)
def _cut(state: _State, geodesic_weight: float, colour_clip: float, components: bool) -> NDArray[np.bool_]:
    height, width = state.labels.shape
    ratios = log_ratios(state.colours, 20, colour_clip)
    units = np.empty((height, width), dtype=np.int32)
    unary_units(
        state.labels, state.distances[1], state.distances[0], geodesic_weight, state.colours.colour, ratios, units
    )
    for row in range(height):
        for column in range(width):
            change = units[row, column] - state.units[row, column]
            if change != 0:
                change_unary(state.graph, (row + 1) * (width + 2) + column + 1, change)
                state.units[row, column] = units[row, column]
    solve(state.graph)
    tree = state.graph.tree.reshape((height + 2, width + 2))
    mask = tree[1:-1, 1:-1] == SOURCE
    if components:
        return touching_components(mask, state.labels == 1)
    return mask
