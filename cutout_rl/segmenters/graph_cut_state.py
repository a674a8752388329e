"""The state of the default segmenter as stacked arrays: labels, distances, histograms and flow of N images.

Everything below works in place on the arrays of one image and allocates nothing, so that a compiled loop can cut many
images without the GIL: allocate the states once, one `Scratch` per thread, and `select_state` before each call.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.colour_model import (
    BORDER_WEIGHT,
    HISTOGRAM_CELLS,
    PALETTE_SIZE,
    PIXEL_WEIGHT,
    ColourModel,
    begin_colour_model,
    convert_to_lab,
    count_pixel,
    log_ratios,
)
from cutout_rl.segmenters.components import Runs, allocate_runs, keep_touching
from cutout_rl.segmenters.energy import (
    NO_LABEL,
    ContrastScratch,
    UnaryChanges,
    allocate_contrast_scratch,
    allocate_unary_changes,
    fill_contrast_weights,
    update_unaries,
)
from cutout_rl.segmenters.geodesic import (
    FAR,
    BucketQueue,
    allocate_queue,
    fill_costs,
    forget_scribble,
    shorten,
)
from cutout_rl.segmenters.geodesic_sweep import SweepScratch, allocate_sweep_scratch, sweep
from cutout_rl.segmenters.maxflow import change_unaries, set_unaries, solve
from cutout_rl.segmenters.padded_grid import N_DIRECTIONS
from cutout_rl.segmenters.search_trees import FlowScratch, allocate_flow_scratch, join_graph
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE


class GraphCutState(NamedTuple):
    """The state of an image, or of n images stacked along a leading axis; N = (H + 2) * (W + 2) nodes.

    Attributes:
        labels: (H, W) int8, INSIDE, OUTSIDE or NO_LABEL.
        costs: (N,) int16, path costs; see `fill_costs`.
        distances: (2, N) int32, geodesic distances to the two scribbles.
        palette: (16^3,) int16; this and the next four are the `ColourModel`.
        palette_size: (1,) int64.
        colour: (H, W) uint16.
        mass: (18^3, 2) int64.
        weight: (2,) int64.
        geodesic: (H, W) int32, the unaries' distance term at the last cut; see `update_unaries`.
        unaries: (H, W) int16, of the last cut; see `update_unaries`.
        pending: (2,) int64, the first row in which a label or distance has changed since the last cut, and one past
            the last.
        has_flow: (1,) bool, whether a cut was made since `begin`.
        residual: (4 N,) int16; this and the rest are the `FlowGraph` of the last cut.
        terminal: (N,) int32.
        height: (N,) int32.
        parent: (N,) uint8.
    """

    labels: NDArray[np.int8]
    costs: NDArray[np.int16]
    distances: NDArray[np.int32]
    palette: NDArray[np.int16]
    palette_size: NDArray[np.int64]
    colour: NDArray[np.uint16]
    mass: NDArray[np.int64]
    weight: NDArray[np.int64]
    geodesic: NDArray[np.int32]
    unaries: NDArray[np.int16]
    pending: NDArray[np.int64]
    has_flow: NDArray[np.bool_]
    residual: NDArray[np.int16]
    terminal: NDArray[np.int32]
    height: NDArray[np.int32]
    parent: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Memory that all images of one size share on one thread; nothing in it means anything between two calls.

    Attributes:
        lab: (3, H, W) int16, the image in CIELAB.
        contrast: memory for the pairwise term and the path costs.
        index_of: (18^3,) int16, palette index of each histogram cell.
        ratios: (16^3,) int32, log ratio of each palette colour.
        seeds: (N,) int32, newly labelled nodes.
        queue: of the geodesic distances; empty between two calls.
        sweep: memory for the distances to a whole scribble.
        changed: changes of the unaries.
        flow: queues of the max-flow.
        runs: runs of the mask.
    """

    lab: NDArray[np.int16]
    contrast: ContrastScratch
    index_of: NDArray[np.int16]
    ratios: NDArray[np.int32]
    seeds: NDArray[np.int32]
    queue: BucketQueue
    sweep: SweepScratch
    changed: UnaryChanges
    flow: FlowScratch
    runs: Runs


class CutSettings(NamedTuple):
    """The settings of `GraphCutSegmenter`, for compiled functions."""

    geodesic_weight: float
    colour_clip: float
    pairwise_weight: float
    border_prior: bool
    components: bool


def allocate_states(n: int, height: int, width: int) -> GraphCutState:
    """Allocate the states of n images of one size; each needs `begin`."""
    nodes = (height + 2) * (width + 2)
    return GraphCutState(
        labels=np.zeros((n, height, width), dtype=np.int8),
        costs=np.zeros((n, nodes), dtype=np.int16),
        distances=np.zeros((n, 2, nodes), dtype=np.int32),
        palette=np.zeros((n, PALETTE_SIZE), dtype=np.int16),
        palette_size=np.zeros((n, 1), dtype=np.int64),
        colour=np.zeros((n, height, width), dtype=np.uint16),
        mass=np.zeros((n, HISTOGRAM_CELLS, 2), dtype=np.int64),
        weight=np.zeros((n, 2), dtype=np.int64),
        geodesic=np.zeros((n, height, width), dtype=np.int32),
        unaries=np.zeros((n, height, width), dtype=np.int16),
        pending=np.zeros((n, 2), dtype=np.int64),
        has_flow=np.zeros((n, 1), dtype=np.bool_),
        residual=np.zeros((n, N_DIRECTIONS * nodes), dtype=np.int16),
        terminal=np.zeros((n, nodes), dtype=np.int32),
        height=np.zeros((n, nodes), dtype=np.int32),
        parent=np.zeros((n, nodes), dtype=np.uint8),
    )


def allocate_scratch(height: int, width: int) -> Scratch:
    """Allocate the memory that a thread needs for images of one size."""
    return Scratch(
        lab=np.zeros((3, height, width), dtype=np.int16),
        contrast=allocate_contrast_scratch(height, width),
        index_of=np.zeros(HISTOGRAM_CELLS, dtype=np.int16),
        ratios=np.zeros(PALETTE_SIZE, dtype=np.int32),
        seeds=np.zeros(height * width, dtype=np.int32),
        queue=allocate_queue(height, width),
        sweep=allocate_sweep_scratch(height, width),
        changed=allocate_unary_changes(height, width),
        flow=allocate_flow_scratch(height, width),
        runs=allocate_runs(height, width),
    )


def copy_states(states: GraphCutState) -> GraphCutState:
    """Return an independent copy of one or more states."""
    return GraphCutState._make(array.copy() for array in states)


@numba.njit(cache=True, nogil=True)
def select_state(states: GraphCutState, i: int) -> GraphCutState:
    """Return the state of image i as views."""
    return GraphCutState(
        states.labels[i],
        states.costs[i],
        states.distances[i],
        states.palette[i],
        states.palette_size[i],
        states.colour[i],
        states.mass[i],
        states.weight[i],
        states.geodesic[i],
        states.unaries[i],
        states.pending[i],
        states.has_flow[i],
        states.residual[i],
        states.terminal[i],
        states.height[i],
        states.parent[i],
    )


@numba.njit(cache=True, nogil=True)
def begin(state: GraphCutState, scratch: Scratch, image: NDArray[np.uint8], settings: CutSettings) -> None:
    """Start an (H, W, 3) uint8 RGB image without strokes: compute what depends on the image only, forget the rest."""
    height, width = state.labels.shape
    lab = scratch.lab
    convert_to_lab(image, scratch.contrast.lines, lab)
    fill_costs(lab, scratch.contrast.lines, state.costs)
    begin_colour_model(_colours(state), lab, scratch.index_of)
    fill_contrast_weights(lab, settings.pairwise_weight, scratch.contrast, state.residual)
    state.labels[:] = NO_LABEL
    forget_flow(state)
    forget_scribble(state.distances[OUTSIDE], height, width)
    forget_scribble(state.distances[INSIDE], height, width)
    if settings.border_prior:
        _count_border(state, scratch)


@numba.njit(cache=True, nogil=True)
def forget_flow(state: GraphCutState) -> None:
    """Make the next cut begin without flow; the caller writes the n-links' capacities into `residual`."""
    state.unaries[:] = 0
    state.pending[0], state.pending[1] = 0, len(state.labels)
    state.has_flow[0] = False
    state.terminal[:] = 0
    state.height[:] = 0


@numba.njit(cache=True, nogil=True)
def label_pixels(
    state: GraphCutState, scratch: Scratch, pixels: NDArray[np.int32], label: int, settings: CutSettings
) -> None:
    """Label pixels and update the distances and histograms; a labelled pixel keeps its label.

    Args:
        state: of one image.
        scratch: overwritten.
        pixels: (M, 2) int32, (row, column) inside the image, which is not checked; they may repeat.
        label: INSIDE or OUTSIDE.
        settings: those of `begin`.
    """
    _, width = state.labels.shape
    colours = _colours(state)
    count = 0
    for index in range(len(pixels)):
        row, column = pixels[index, 0], pixels[index, 1]
        if state.labels[row, column] == NO_LABEL:
            state.labels[row, column] = label
            count_pixel(colours, row, column, label, PIXEL_WEIGHT)
            if settings.border_prior and _is_border(state.labels, row, column):
                count_pixel(colours, row, column, OUTSIDE, -BORDER_WEIGHT)
            scratch.seeds[count] = (row + 1) * (width + 2) + column + 1
            count += 1
            state.pending[0] = min(state.pending[0], row)
            state.pending[1] = max(state.pending[1], row + 1)
    lowest, highest = _update_distances(state, scratch, label, count)
    # Row r of the image is row r + 1 of the padded grid.
    state.pending[0] = min(state.pending[0], lowest // (width + 2) - 1)
    state.pending[1] = max(state.pending[1], highest // (width + 2))


@numba.njit(cache=True, nogil=True)
def cut(
    state: GraphCutState,
    scratch: Scratch,
    settings: CutSettings,
    mask: NDArray[np.bool_],
    prior: NDArray[np.int32] | None = None,
) -> None:
    """Update the unaries, solve the minimum cut and write the (H, W) bool mask.

    Args:
        state: of one image.
        scratch: overwritten.
        settings: those of `begin`.
        mask: (H, W) bool, written.
        prior: (H, W) int32, added to the unaries, in 1/512 nat; another one than before needs `forget_flow`.
    """
    height, width = state.labels.shape
    if state.pending[0] < state.pending[1]:
        _update_cut(state, scratch, settings, prior)
        state.pending[0], state.pending[1] = height, 0
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        heights = state.height[start : start + width]
        for column in range(width):
            mask[row, column] = heights[column] > 0
    if settings.components:
        keep_touching(mask, state.labels, INSIDE, scratch.runs)


@numba.njit(cache=True, nogil=True)
def _update_cut(state: GraphCutState, scratch: Scratch, settings: CutSettings, prior: NDArray[np.int32] | None) -> None:
    """Bring unaries and flow up to date with the labels."""
    log_ratios(_colours(state), settings.colour_clip, scratch.ratios)
    changed = scratch.changed
    count = update_unaries(
        state.unaries,
        state.labels,
        state.distances,
        state.geodesic,
        (state.pending[0], state.pending[1]),
        state.colour,
        scratch.ratios,
        settings.geodesic_weight,
        prior,
        changed,
    )
    graph = join_graph(state.residual, state.terminal, state.height, state.parent, scratch.flow)
    if state.has_flow[0]:
        change_unaries(graph, changed.nodes, changed.changes, count)
    else:
        set_unaries(graph, changed.nodes, changed.changes, count)
        state.has_flow[0] = True
    solve(graph)


@numba.njit(cache=True, nogil=True)
def _colours(state: GraphCutState) -> ColourModel:
    """Return the colour model of one image."""
    return ColourModel(state.palette, state.palette_size, state.colour, state.mass, state.weight)


@numba.njit(cache=True, nogil=True)
def _is_border(labels: NDArray[np.int8], row: int, column: int) -> bool:
    """Return whether a pixel lies on the image's border."""
    height, width = labels.shape
    return row in (0, height - 1) or column in (0, width - 1)


@numba.njit(cache=True, nogil=True)
def _count_border(state: GraphCutState, scratch: Scratch) -> None:
    """Initialise the outside distances and histogram with the image's border pixels."""
    height, width = state.labels.shape
    colours = _colours(state)
    count = 0
    for row in range(height):
        for column in range(width):
            if _is_border(state.labels, row, column):
                count_pixel(colours, row, column, OUTSIDE, BORDER_WEIGHT)
                scratch.seeds[count] = (row + 1) * (width + 2) + column + 1
                count += 1
    _update_distances(state, scratch, OUTSIDE, count)


@numba.njit(cache=True, nogil=True)
def _update_distances(state: GraphCutState, scratch: Scratch, label: int, count: int) -> tuple[int, int]:
    """Update the distances to a label's scribble after `count` nodes, first in `scratch.seeds`, have joined it.

    Returns:
        The lowest and the highest node that may be closer.
    """
    height, width = state.labels.shape
    distances, seeds = state.distances[label], scratch.seeds
    if count > 0 and distances[seeds[0]] == FAR:  # the scribble was empty
        for index in range(count):
            distances[seeds[index]] = 0
        grid = (height + 2, width + 2)
        if sweep(distances.reshape(grid), state.costs.reshape(grid), scratch.sweep):
            return width + 3, len(distances) - width - 4
        forget_scribble(distances, height, width)
    return shorten(distances, state.costs, scratch.flow.steps, seeds, count, scratch.queue)
