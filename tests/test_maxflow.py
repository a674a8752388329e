"""The dynamic max-flow against OR-tools: equal flow value and minimal source set after every warm start."""

import numpy as np
import pytest
from numpy.typing import NDArray
from ortools.graph.python import max_flow

from cutout_rl.segmenters.maxflow import change_unaries, set_unaries, solve
from cutout_rl.segmenters.padded_grid import DIRECTIONS
from cutout_rl.segmenters.search_trees import FlowGraph, build_graph


def random_weights(rng: np.random.Generator, height: int, width: int, highest: int) -> NDArray[np.int16]:
    """Draw directed capacities, many of them equal or 0; links that leave the image are 0."""
    weights = np.zeros((height + 2, width + 2, 4), dtype=np.int16)
    for k, (down, right) in enumerate(DIRECTIONS):
        for row in range(height):
            for column in range(width):
                if 0 <= row + down < height and 0 <= column + right < width:
                    weights[row + 1, column + 1, k] = rng.integers(0, highest + 1)
    return weights.reshape(-1, 4)


def independent_cut(
    weights: NDArray[np.int16], width: int, unaries: NDArray[np.int64]
) -> tuple[int, NDArray[np.bool_]]:
    """Solve the same cut with OR-tools; return the flow value and the minimal source set."""
    nodes = len(weights)
    steps = np.array([row * (width + 2) + column for row, column in DIRECTIONS])
    tails, directions = np.nonzero(weights)
    heads = tails + steps[directions]
    wants = np.flatnonzero(unaries)
    source, sink = nodes, nodes + 1
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([tails, np.where(unaries[wants] > 0, source, wants), [source, sink]]),
        np.concatenate([heads, np.where(unaries[wants] > 0, wants, sink), [sink, source]]),
        np.concatenate([weights[tails, directions], np.abs(unaries[wants]), [0, 0]]),
    )
    assert solver.solve(source, sink) == solver.OPTIMAL
    inside = np.zeros(nodes + 2, dtype=bool)
    inside[solver.get_source_side_min_cut()] = True
    return solver.optimal_flow(), inside[:nodes]


def cut_value(weights: NDArray[np.int16], width: int, unaries: NDArray[np.int64], inside: NDArray[np.bool_]) -> int:
    """Return the capacity of a cut."""
    value = int(unaries[~inside & (unaries > 0)].sum() - unaries[inside & (unaries < 0)].sum())
    tails, directions = np.nonzero(weights)
    heads = tails + np.array([row * (width + 2) + column for row, column in DIRECTIONS])[directions]
    severed = inside[tails] & ~inside[heads]
    return value + int(weights[tails, directions][severed].sum())


def check(graph: FlowGraph, weights: NDArray[np.int16], width: int, unaries: NDArray[np.int64]) -> None:
    """Compare the solved graph with the independent solver."""
    flow, inside = independent_cut(weights, width, unaries)
    found = graph.height > 0
    assert cut_value(weights, width, unaries, found) == flow
    np.testing.assert_array_equal(found, inside)
    pushed = weights.astype(int) - graph.residual.reshape(-1, 4)
    assert (graph.residual >= 0).all()
    np.testing.assert_array_equal(graph.terminal, unaries - pushed.sum(axis=1))


def move(graph: FlowGraph, unaries: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Set the graph's unaries to `target` and solve."""
    nodes = np.flatnonzero(target != unaries)
    is_first = not (unaries.any() or graph.height.any())
    change = set_unaries if is_first and len(nodes) % 2 else change_unaries
    change(graph, nodes.astype(np.int32), (target - unaries)[nodes].astype(np.int32), len(nodes))
    solve(graph)
    return target


@pytest.mark.parametrize("seed", range(250))
def test_all_unaries_change_both_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 13, size=2)
    weights = random_weights(rng, height, width, highest=int(rng.choice([1, 3, 12])))
    graph = build_graph(width, weights.copy())
    image = np.pad(np.ones((height, width), dtype=bool), 1).ravel()
    unaries = np.zeros(len(weights), dtype=np.int64)
    for _ in range(8):
        reach = int(rng.choice([1, 4, 30]))
        target = rng.integers(-reach, reach + 1, size=len(weights)) + rng.integers(-2, 3)
        kept = rng.random(len(weights)) < rng.choice([0.0, 0.5, 0.95])
        unaries = move(graph, unaries, np.where(image, np.where(kept, unaries, target), 0))
        check(graph, weights, width, unaries)


@pytest.mark.parametrize("seed", range(100))
def test_growing_strokes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(4, 17, size=2)
    weights = random_weights(rng, height, width, highest=12)
    graph = build_graph(width, weights.copy())
    unaries = np.zeros(len(weights), dtype=np.int64)
    pens = [np.array([rng.integers(height), rng.integers(width)]) for _ in range(2)]
    for step in range(20):
        target = unaries.copy()
        pen = pens[step % 2]
        node = (pen[0] + 1) * (width + 2) + pen[1] + 1
        if abs(target[node]) < 1000:
            target[node] = 1000 if step % 2 else -1000
        unaries = move(graph, unaries, target)
        check(graph, weights, width, unaries)
        pens[step % 2] = np.clip(pen + rng.integers(-1, 2, size=2), 0, [height - 1, width - 1])


def test_free_pixels_are_background() -> None:
    weights = random_weights(np.random.default_rng(0), 3, 3, highest=0)
    graph = build_graph(3, weights)
    nodes = np.array([6], dtype=np.int32)
    change_unaries(graph, nodes, np.array([5], dtype=np.int32), 1)
    solve(graph)
    assert np.flatnonzero(graph.height > 0).tolist() == [6]
    change_unaries(graph, nodes, np.array([-5], dtype=np.int32), 1)
    solve(graph)
    assert not np.any(graph.height > 0)
