"""Geodesic distances against SciPy's Dijkstra on an explicitly built graph, and pixel costs against the formula."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from cutout_rl.segmenters.geodesic import (
    BASE_COST,
    FAR,
    allocate_queue,
    fill_costs,
    forget_scribble,
    shorten,
)
from cutout_rl.segmenters.geodesic_sweep import allocate_sweep_scratch, sweep
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.graph_cut_state import allocate_scratch, allocate_states, begin, label_pixels, select_state
from cutout_rl.segmenters.padded_grid import neighbour_steps
from cutout_rl.segmenters.segmenter import INSIDE


def independent_distances(costs: NDArray[np.int64], seeds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance of every pixel of an (H, W) cost map to the nearest of (M, 2) seeds."""
    height, width = costs.shape
    tails, heads, lengths = [], [], []
    for row in range(height):
        for column in range(width):
            for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= y < height and 0 <= x < width:
                    tails.append(row * width + column)
                    heads.append(y * width + x)
                    lengths.append(costs[row, column] + costs[y, x])
    graph = sparse.csr_matrix((lengths, (tails, heads)), shape=(costs.size, costs.size))
    nearest = csgraph.dijkstra(graph, indices=seeds[:, 0] * width + seeds[:, 1], min_only=True)
    return np.asarray(nearest).reshape(height, width)


def costs_of(lab: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the (H + 2, W + 2) costs of an (H, W, 3) image."""
    costs = np.empty((lab.shape[0] + 2) * (lab.shape[1] + 2), dtype=np.int16)
    planes = np.ascontiguousarray(np.moveaxis(lab, -1, 0))
    fill_costs(planes, np.empty((3, lab.shape[1] + 2)), costs)
    return costs.reshape(lab.shape[0] + 2, lab.shape[1] + 2)


@pytest.mark.parametrize("seed", range(12))
def test_distances_follow_a_growing_scribble(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 25, size=2)
    costs = np.minimum(BASE_COST + rng.geometric(rng.choice([0.5, 0.01, 0.002]), size=(height, width)), 6000)
    flat = np.pad(costs.astype(np.int16), 1, constant_values=BASE_COST).ravel()
    distances = np.empty(flat.size, dtype=np.int32)
    forget_scribble(distances, height, width)
    queue = allocate_queue(height, width)
    seeds = np.empty((0, 2), dtype=np.int64)
    for _ in range(6):
        new = rng.integers(0, [height, width], size=(rng.integers(1, 4), 2))
        seeds = np.concatenate([seeds, new])
        nodes = ((new[:, 0] + 1) * (width + 2) + new[:, 1] + 1).astype(np.int32)
        before = distances.copy()
        reached = shorten(distances, flat, neighbour_steps(width), nodes, len(nodes), queue)
        found = distances.reshape(height + 2, width + 2)
        np.testing.assert_array_equal(found[1:-1, 1:-1], independent_distances(costs, seeds))
        assert found.sum() == found[1:-1, 1:-1].sum(), "the border was written to"
        assert not queue.top.any(), "the queue was left with nodes"
        closer = np.flatnonzero(distances < before)
        assert reached == ((closer[0], closer[-1]) if closer.size else (distances.size, 0))


@pytest.mark.parametrize("seed", range(12))
def test_sweeps_find_the_distances_to_a_whole_scribble(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 40, size=2)
    costs = np.minimum(BASE_COST + rng.geometric(rng.choice([0.5, 0.01, 0.002]), size=(height, width)), 6000)
    padded = np.pad(costs.astype(np.int16), 1, constant_values=BASE_COST)
    distances = np.empty(padded.size, dtype=np.int32)
    forget_scribble(distances, height, width)
    found = distances.reshape(padded.shape)
    seeds = rng.integers(0, [height, width], size=(rng.integers(1, 4), 2))
    found[seeds[:, 0] + 1, seeds[:, 1] + 1] = 0
    scratch = allocate_sweep_scratch(height, width)
    scratch.is_fresh[:] = True
    assert sweep(found, padded, scratch)
    np.testing.assert_array_equal(found[1:-1, 1:-1], independent_distances(costs, seeds))
    assert found.sum() == found[1:-1, 1:-1].sum(), "the border was written to"


def maze(height: int, width: int) -> NDArray[np.int16]:
    """Return the (H + 2, W + 2) costs of lanes up and down between walls, each open at one end."""
    costs = np.full((height, width), BASE_COST, dtype=np.int16)
    costs[:-1, 1::4] = costs[1:, 3::4] = 6000
    return np.pad(costs, 1, constant_values=BASE_COST)


def test_a_maze_is_left_to_the_queue() -> None:
    costs = maze(60, 160)
    distances = np.empty(costs.size, dtype=np.int32)
    forget_scribble(distances, 60, 160)
    distances.reshape(costs.shape)[1, 1] = 0
    assert not sweep(distances.reshape(costs.shape), costs, allocate_sweep_scratch(60, 160))
    state, scratch = select_state(allocate_states(1, 60, 160), 0), allocate_scratch(60, 160)
    settings = GraphCutSegmenter().cut_settings()
    begin(state, scratch, np.zeros((60, 160, 3), np.uint8), settings)
    state.costs[:] = costs.ravel()
    label_pixels(state, scratch, np.zeros((1, 2), np.int32), INSIDE, settings)
    found = state.distances[INSIDE].reshape(costs.shape)[1:-1, 1:-1]
    seeds = np.zeros((1, 2), dtype=np.int64)
    np.testing.assert_array_equal(found, independent_distances(costs[1:-1, 1:-1].astype(np.int64), seeds))


def test_no_seed_is_far_from_everything() -> None:
    distances = np.empty(20, dtype=np.int32)
    forget_scribble(distances, 2, 3)
    costs = np.full(20, BASE_COST, dtype=np.int16)
    shorten(distances, costs, neighbour_steps(3), np.empty(0, dtype=np.int32), 0, allocate_queue(2, 3))
    assert (distances.reshape(4, 5)[1:-1, 1:-1] == FAR).all()


def test_costs_are_the_squared_gradient_magnitude_of_lab() -> None:
    lab = np.random.default_rng(0).integers(0, 4000, size=(9, 14, 3)).astype(np.int16)
    squares = np.zeros((9, 14))
    for channel in range(3):
        for axis in (0, 1):
            slope = ndimage.correlate1d(lab[..., channel] / 1000, [-0.5, 0, 0.5], axis=axis, mode="nearest")
            squares += ndimage.correlate1d(slope, [1 / 9, 7 / 9, 1 / 9], axis=1 - axis, mode="nearest") ** 2
    expected = 600 * (1 / 75 + squares)
    found = costs_of(lab)
    np.testing.assert_allclose(found[1:-1, 1:-1], np.minimum(expected, 6000), atol=0.501)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_one_colour_costs_the_base_everywhere(shape: tuple[int, int]) -> None:
    assert (costs_of(np.full((*shape, 3), 1234, dtype=np.int16)) == BASE_COST).all()
