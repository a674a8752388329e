"""Geodesic distances to scribbles, updated incrementally while the scribbles grow.

A path is short through smooth regions and long across edges (Bai and Sapiro, "Geodesic Matting", IJCV 2009; Price et
al., "Geodesic Graph Cut for Interactive Image Segmentation", CVPR 2010). Distances are integers, so they do not depend
on the order of updates. A new stroke can only shorten distances, so an update visits only the pixels that get closer.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.numba_kernel import kernel
from cutout_rl.segmenters.padded_grid import N_DIRECTIONS

# A pixel's cost is 600 g (see `GraphCutSegmenter`), rounded and at most 6000. A step to a 4-neighbour costs the sum of
# both pixels' costs.
BASE_COST = 8
COST_PER_SQUARED_GRADIENT = 600
HIGHEST_COST = 750 * BASE_COST

# The gradient is the central difference, smoothed across by (1, 7, 1) / 9: an integer approximation of the derivative
# of a Gaussian with sigma 0.5 px.
CENTRE = 7

FAR = np.int32(1 << 30)

# Buckets are no wider than the cheapest step, so nodes in one bucket cannot shorten each other. Their number is a power
# of two and spans more than the most expensive step.
_BUCKET_WIDTH = 2 * BASE_COST
_BUCKETS = 1 << (2 * HIGHEST_COST // _BUCKET_WIDTH + 1).bit_length()

_NONE = -1
_UNQUEUED = -2


@numba.njit(cache=True, nogil=True)
def pixel_costs(lab: NDArray[np.int16]) -> NDArray[np.int32]:
    """Compute the path cost of each pixel.

    Args:
        lab: (H, W, 3) int16, CIELAB in hundredths.

    Returns:
        ((H + 2) * (W + 2),) int32 in [BASE_COST, HIGHEST_COST], BASE_COST on the padding.
    """
    height, width, _ = lab.shape
    # Replicate the border rows and columns.
    padded = np.empty((height + 2, width + 2, 3), dtype=np.int32)
    padded[1:-1, 1:-1] = lab
    padded[0, 1:-1], padded[-1, 1:-1] = lab[0], lab[-1]
    padded[:, 0], padded[:, -1] = padded[:, 1], padded[:, -2]
    scale = COST_PER_SQUARED_GRADIENT / (1000.0 * 2 * (CENTRE + 2)) ** 2
    costs = np.full((height + 2, width + 2), BASE_COST, dtype=np.int32)
    for row in range(1, height + 1):
        for column in range(1, width + 1):
            square = 0.0
            for channel in range(3):
                north_west, north, north_east = (
                    padded[row - 1, column - 1, channel],
                    padded[row - 1, column, channel],
                    padded[row - 1, column + 1, channel],
                )
                west, east = padded[row, column - 1, channel], padded[row, column + 1, channel]
                south_west, south, south_east = (
                    padded[row + 1, column - 1, channel],
                    padded[row + 1, column, channel],
                    padded[row + 1, column + 1, channel],
                )
                right = np.float64(north_east - north_west + CENTRE * (east - west) + south_east - south_west)
                down = np.float64(south_west - north_west + CENTRE * (south - north) + south_east - north_east)
                square += right * right + down * down
            costs[row, column] = BASE_COST + np.int32(min(np.floor(scale * square + 0.5), HIGHEST_COST - BASE_COST))
    return costs.ravel()


@numba.njit(cache=True, nogil=True)
def no_distances(height: int, width: int) -> NDArray[np.int32]:
    """Return the ((H + 2) * (W + 2),) int32 distances to an empty scribble: FAR, and 0 on the padding."""
    distances = np.zeros((height + 2, width + 2), dtype=np.int32)
    distances[1:-1, 1:-1] = FAR
    return distances.ravel()


@numba.njit(cache=True, nogil=True)
def shorten(
    distances: NDArray[np.int32], costs: NDArray[np.int32], steps: NDArray[np.int32], seeds: NDArray[np.int32]
) -> None:
    """Update the distances after a scribble has grown, in place.

    Dial's bucket queue ("Algorithm 360: Shortest-Path Forest with Topological Ordering", CACM 1969), started from
    the new pixels only.

    Args:
        distances: (N,) int32 to the scribble so far; 0 on the padding, which keeps paths inside the image.
        costs: (N,) int32 from `pixel_costs`.
        steps: (4,) int32 from `neighbour_steps`.
        seeds: (M,) int32, the nodes added to the scribble.
    """
    first = np.full(_BUCKETS, _NONE, dtype=np.int32)
    links = np.full((len(distances), 2), _UNQUEUED, dtype=np.int32)
    _shorten(distances, costs, steps, seeds, first, links)


@kernel
def _shorten(
    distances: NDArray[np.int32],
    costs: NDArray[np.int32],
    steps: NDArray[np.int32],
    seeds: NDArray[np.int32],
    first: NDArray[np.int32],
    links: NDArray[np.int32],
) -> None:
    """Run Dial's algorithm.

    `first` holds the head of each bucket's linked list, and `links` the successor and predecessor of each node.
    """
    queued = 0
    for seed in seeds:
        if distances[seed] > 0:
            distances[seed] = 0
            _link(first, links, seed, 0)
            queued += 1
    bucket = 0
    while queued > 0:
        node = first[bucket]
        if node == _NONE:
            bucket = (bucket + 1) & (_BUCKETS - 1)
            continue
        _unlink(first, links, node, bucket)
        queued -= 1
        start = distances[node] + costs[node]
        nearest = start + BASE_COST
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            old = distances[near]
            if old <= nearest:
                continue
            distance = start + costs[near]
            if distance >= old:
                continue
            distances[near] = distance
            bucket_of_near = (distance // _BUCKET_WIDTH) & (_BUCKETS - 1)
            if links[near, 1] != _UNQUEUED:
                bucket_before = (old // _BUCKET_WIDTH) & (_BUCKETS - 1)
                if bucket_before == bucket_of_near:
                    continue
                _unlink(first, links, near, bucket_before)
                queued -= 1
            _link(first, links, near, bucket_of_near)
            queued += 1


@kernel
def _link(first: NDArray[np.int32], links: NDArray[np.int32], node: int, bucket: int) -> None:
    """Insert a node at the head of a bucket's list."""
    links[node, 0] = first[bucket]
    links[node, 1] = _NONE
    if first[bucket] != _NONE:
        links[first[bucket], 1] = node
    first[bucket] = node


@kernel
def _unlink(first: NDArray[np.int32], links: NDArray[np.int32], node: int, bucket: int) -> None:
    """Remove a node from a bucket's list."""
    after, before = links[node]
    if before == _NONE:
        first[bucket] = after
    else:
        links[before, 0] = after
    if after != _NONE:
        links[after, 1] = before
    links[node, 1] = _UNQUEUED
