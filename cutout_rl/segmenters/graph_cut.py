"""The default segmenter: a graph cut over geodesic distances, colours and contrast, kept warm between strokes."""

from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.base import INSIDE, OUTSIDE, Label
from cutout_rl.segmenters.colour import (
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
from cutout_rl.segmenters.grid import neighbour_steps
from cutout_rl.segmenters.maxflow import FlowGraph, build_graph, change_unaries, solve

# Residuals are int16 and hold both directions of a link, in nats.
_HIGHEST_WEIGHT = 16000.0


@dataclass(frozen=True)
class GraphCutSegmenter:
    """Interactive graph cut (Boykov and Jolly, ICCV 2001) with geodesic unaries (Price et al., CVPR 2010).

    The mask x (1 inside, 0 outside) minimises, in nats,

        E(x) = - sum over pixels p of x_p U_p  +  sum over 4-neighbours p, q of W_pq [x_p != x_q]

        U_p  = 1.5 (d_out - d_in) / (d_out + d_in)  +  clip(log(h_in(c_p) / h_out(c_p)), -3, 3)
        W_pq = 40 / (1 + (|Lab_p - Lab_q|^2 / (0.06 m))^(3/4))

    with U_p = +infinity on inside and -infinity on outside scribbles, where

    - d is the geodesic distance to a scribble, or, for d_out, to the image's border if that is nearer: what is joined
      to the border without an edge between is likely background (the boundary prior of Wei et al., "Geodesic Saliency
      Using Background Priors", ECCV 2012). A step from p to one of its 4 neighbours q costs (g_p + g_q) / 2 with g =
      1/75 + (gradient magnitude of Lab / 10: central differences, smoothed across by (1, 7, 1) / 9)^2, at most 10. A
      scribble without a pixel is infinitely far away. The border counts where it is labelled inside too.
    - h is the Lab histogram of a scribble's pixels (c_p is the bin of p): 16 bins an axis over the image's range on it,
      smoothed by the kernel (1, 4, 1) / 6 an axis, normalised, plus 2.9e-4 in each bin. Unlabelled pixels of the
      image's border count in h_out, 5/16 of a pixel each. The colour term is 0 until both have a pixel.
    - m is the mean of |Lab_p - Lab_q|^2 over links: 40 % over those of the pixels within 8 rows and columns, 60 % over
      those of the image; then the mean of that at p and at q.

    U and W are rounded to whole nats, from integer distances and histograms, so they depend on the labels alone and not
    on the order in which they came. Among masks of equal energy the smallest is taken, and of it only the 8-connected
    components that contain an inside scribble. The same labels thus always give the same mask, bit for bit, in a
    session or in `segment`.

    No strokes, or the outside pen alone, give an empty mask; the inside pen alone is cut against the border. Without
    `border_prior` it gives the whole image (with a `geodesic_weight` of 0: the pixels that links above 0 connect to
    it). With `geodesic_weight` and `colour_clip` 0 this is the cut from seeds and contrast alone.

    Attributes:
        geodesic_weight: the 1.5 in U, in nats, 0 to 16000.
        colour_clip: the 3 in U, in nats, 0 to 16000.
        pairwise_weight: the 40 in W, in nats, 0 to 16000.
        border_prior: whether the image's border is a weak sign of background, as said of d_out and h_out.
        components: whether components without an inside scribble are dropped.

    Raises:
        ValueError: a setting is out of its range.
    """

    geodesic_weight: float = 1.5
    colour_clip: float = 3.0
    pairwise_weight: float = 40.0
    border_prior: bool = True
    components: bool = True

    def __post_init__(self) -> None:
        """Refuse settings that the integer capacities cannot hold."""
        for name in ("geodesic_weight", "colour_clip", "pairwise_weight"):
            if not 0 <= getattr(self, name) <= _HIGHEST_WEIGHT:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be in [0, {_HIGHEST_WEIGHT:.0f}]")

    def begin(self, image: NDArray[np.uint8]) -> "GraphCutSession":
        """Start on an (H, W, 3) uint8 RGB image without any stroke.

        Raises:
            ValueError: the image has another shape or dtype, or no pixel.
        """
        return GraphCutSession(self, image)

    def segment(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Cut once, from nothing; see `Segmenter.segment`."""
        if inside.shape != image.shape[:2] or outside.shape != image.shape[:2]:
            raise ValueError(f"image {image.shape}, inside {inside.shape} and outside {outside.shape} differ in size")
        if np.any(inside & outside):
            raise ValueError("a pixel is both inside and outside")
        session = self.begin(image)
        session.label(np.argwhere(outside), OUTSIDE)
        session.label(np.argwhere(inside), INSIDE)
        return session.cut()


class _State(NamedTuple):
    """What a session knows: labels, distances and histograms of the strokes so far, and the flow of the last cut."""

    labels: NDArray[np.int8]
    costs: NDArray[np.int32]
    distances: NDArray[np.int32]
    colours: ColourModel
    unaries: NDArray[np.int32]
    graph: FlowGraph


class GraphCutSession:
    """One image being segmented while strokes are added to it; made by `GraphCutSegmenter.begin`."""

    def __init__(self, settings: GraphCutSegmenter, image: NDArray[np.uint8]) -> None:
        """Work out what depends on the image alone."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the image is {image.dtype} {image.shape}; it must be uint8 (H, W, 3), not empty")
        height, width, _ = image.shape
        lab = to_lab(np.ascontiguousarray(image))
        nothing = no_distances(height, width)
        self._settings = settings
        self._state = _State(
            labels=np.full((height, width), UNLABELLED, dtype=np.int8),
            costs=pixel_costs(lab),
            distances=np.stack([nothing, nothing]),
            colours=build_colour_model(lab),
            unaries=np.zeros((height, width), dtype=np.int32),
            graph=build_graph(width, contrast_weights(lab, float(settings.pairwise_weight))),
        )
        if settings.border_prior:
            _count_border(self._state)

    @property
    def unaries(self) -> NDArray[np.float64]:
        """The (H, W) float64 unaries U of the last cut, in nats; huge on labelled pixels."""
        return self._state.unaries.astype(np.float64)

    def copy(self) -> "GraphCutSession":
        """Give an independent session in the same state; see `Session.copy`."""
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
        _label(self._state, np.ascontiguousarray(pixels, dtype=np.int64), int(label), self._settings.border_prior)

    def cut(self) -> NDArray[np.bool_]:
        """Cut; see `Session.cut`."""
        settings = self._settings
        return _cut(self._state, float(settings.geodesic_weight), float(settings.colour_clip), settings.components)


@numba.njit(cache=True, nogil=True)
def _is_border(labels: NDArray[np.int8], row: int, column: int) -> bool:
    """Tell whether a pixel lies on the image's border."""
    height, width = labels.shape
    return row in (0, height - 1) or column in (0, width - 1)


@numba.njit(cache=True, nogil=True)
def _count_border(state: _State) -> None:
    """Start the outside distances and histogram from the image's border."""
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
    """Label pixels, and bring distances and histograms up to date."""
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
    """Tell the flow graph which unaries have changed, and read off the mask."""
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
