"""A slow reference of the default segmenter's energy, in NumPy, SciPy and OR-tools, and random instances for it."""

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from cutout_rl.segmenters.colour_model import to_lab
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label, Session

Scribbles = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # by label


def random_image(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw an image: noise, smooth, few colours, or one colour."""
    noise = rng.integers(0, 256, size=(*shape, 3)).astype(np.float64)
    kind = rng.integers(4)
    if kind == 1:
        noise = ndimage.gaussian_filter(noise, (2, 2, 0)) * 2 - 128
    elif kind == 2:
        noise = np.floor(noise / 128) * 100
    elif kind == 3:
        noise[:] = noise[0, 0]
    return np.clip(noise, 0, 255).astype(np.uint8)


def stroke(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Draw the (N, 2) pixels of a short line, repeated pixels included."""
    start = rng.integers(0, shape)
    line = start + np.arange(rng.integers(1, 6))[:, None] * rng.integers(-1, 2, size=2)
    return np.clip(line, 0, np.array(shape) - 1)


def links(shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the flat indices of every pair of 4-neighbours once."""
    index = np.arange(shape[0] * shape[1]).reshape(shape)
    tails = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    return tails, np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])


def reference_energy(
    segmenter: GraphCutSegmenter,
    image: NDArray[np.uint8],
    scribbles: Scribbles,
    log_odds: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute U (per pixel) and W (per link) in nats by the docstring's formula; both scribbles are non-empty.

    W is rounded to whole nats before a prior weakens it.
    """
    shape = (image.shape[0], image.shape[1])
    lab = to_lab(image) / 100
    tails, heads = links(shape)
    walk = np.full(shape, 1 / 75)
    for axis in (0, 1):
        slope = ndimage.correlate1d(lab / 10, [-0.5, 0, 0.5], axis=axis, mode="nearest")
        slope = ndimage.correlate1d(slope, [1 / 9, 7 / 9, 1 / 9], axis=1 - axis, mode="nearest")
        walk += np.square(slope).sum(axis=2)
    walk = np.minimum(walk, 10).ravel()
    border = np.zeros(shape, dtype=bool)
    border[[0, -1]] = border[:, [0, -1]] = segmenter.border_prior
    graph = sparse.coo_matrix(((walk[tails] + walk[heads]) / 2, (tails, heads)), shape=(walk.size,) * 2)
    outside, inside = (
        csgraph.dijkstra(graph, directed=False, indices=np.flatnonzero(start), min_only=True)
        for start in (scribbles[OUTSIDE] | border, scribbles[INSIDE])
    )
    unary = segmenter.geodesic_weight * (outside - inside) / np.maximum(outside + inside, 1e-9)

    low, high = lab.min(axis=(0, 1)), lab.max(axis=(0, 1)) + 0.01
    cells = np.floor((lab - low) / (high - low) * 16 + 1e-9).astype(int).reshape(-1, 3)
    kernel = np.array([1, 4, 1]) / 6
    seen = []
    for weight in (
        scribbles[OUTSIDE] + 5 / 16 * (border & ~scribbles[INSIDE] & ~scribbles[OUTSIDE]),
        scribbles[INSIDE],
    ):
        histogram = np.zeros((16, 16, 16))
        np.add.at(histogram, tuple(cells.T), weight.ravel() / weight.sum())
        for axis in range(3):
            histogram = ndimage.correlate1d(histogram, kernel, axis=axis, mode="constant")
        seen.append(histogram[tuple(cells.T)] + 1 / (16 * 6**3))
    unary += np.clip(np.log(seen[INSIDE] / seen[OUTSIDE]), -segmenter.colour_clip, segmenter.colour_clip)

    jump: NDArray[np.float64] = np.ones(len(tails))
    if log_odds is not None:
        clipped = np.clip(log_odds.ravel(), -8, 8)
        unary += segmenter.prior_weight * clipped
        likely = 1 / (1 + np.exp(-clipped))
        jump += segmenter.prior_edges * abs(likely[tails] - likely[heads])

    return unary, np.floor(reference_weights(lab, segmenter.pairwise_weight) + 0.5) / jump


def reference_weights(lab: NDArray[np.float64], pairwise_weight: float) -> NDArray[np.float64]:
    """Compute W (per link) in nats by the docstring's formula, without a prior."""
    shape = (lab.shape[0], lab.shape[1])
    tails, heads = links(shape)
    squares = np.square(lab.reshape(-1, 3)[tails] - lab.reshape(-1, 3)[heads]).sum(axis=1)
    if not squares.any():
        return np.full(len(squares), pairwise_weight)
    ends, both = np.concatenate([tails, heads]), np.tile(squares, 2)
    nearby = np.empty(shape)
    for row, column in np.ndindex(shape):
        square = np.zeros(shape, dtype=bool)
        square[max(row - 8, 0) : row + 9, max(column - 8, 0) : column + 9] = True
        nearby[row, column] = both[square.ravel()[ends]].mean()
    mean = 0.6 * squares.mean() + 0.4 * nearby.ravel()
    contrast = 1 + (squares / (0.06 * (mean[tails] + mean[heads]) / 2)) ** 0.75
    return pairwise_weight / contrast


def minimum_cut(
    segmenter: GraphCutSegmenter, unaries: NDArray[np.float64], weight: NDArray[np.float64], scribbles: Scribbles
) -> NDArray[np.bool_]:
    """Return the minimal source set of the minimum cut by OR-tools, and of it what `components` keeps.

    Args:
        segmenter: whose `components` counts.
        unaries: (H, W), rounded; those of labelled pixels do not matter.
        weight: per link, rounded here.
        scribbles: by label.
    """
    shape = unaries.shape
    seeds = (scribbles[OUTSIDE] | scribbles[INSIDE]).ravel()
    source, sink = unaries.size, unaries.size + 1
    tails, heads = links((shape[0], shape[1]))
    capacity = np.floor(weight + 0.5).astype(np.int64)
    terminal = np.rint(unaries.ravel()).astype(np.int64)
    terminal[seeds] = np.where(scribbles[INSIDE].ravel()[seeds], 10**6, -(10**6))
    pixels = np.arange(unaries.size)
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([tails, heads, np.where(terminal > 0, source, pixels)]),
        np.concatenate([heads, tails, np.where(terminal > 0, pixels, sink)]),
        np.concatenate([capacity, capacity, np.abs(terminal)]),
    )
    assert solver.solve(source, sink) == solver.OPTIMAL
    expected = np.zeros(unaries.size + 2, dtype=bool)
    expected[solver.get_source_side_min_cut()] = True
    cut = expected[: unaries.size].reshape(shape)
    if segmenter.components:
        parts, _ = ndimage.label(cut, structure=np.ones((3, 3)))
        cut &= np.isin(parts, parts[scribbles[INSIDE]])
    return np.asarray(cut)


def label_at_random(session: Session, rng: np.random.Generator, scribbles: Scribbles, label: Label) -> None:
    """Label a random stroke, in a session and in the (H, W) bool scribbles of both labels."""
    line = stroke(rng, (scribbles[0].shape[0], scribbles[0].shape[1]))
    session.label(line, label)
    scribbles[label][tuple(line.T)] |= ~scribbles[1 - label][tuple(line.T)]
