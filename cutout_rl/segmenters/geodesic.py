"""Geodesic distances to scribbles, kept up to date while the scribbles grow.

Walking through an even region is cheap, across an edge dear (Bai and Sapiro, "Geodesic Matting", IJCV 2009; Price et
al., "Geodesic Graph Cut for Interactive Image Segmentation", CVPR 2010). Distances are integers and thus the same
whichever way they were reached; a new stroke can only shorten them, so only pixels that it brings nearer are visited.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.grid import N_DIRECTIONS
from cutout_rl.segmenters.kernel import kernel

# A pixel's cost is 600 times (1/75 + squared gradient magnitude of Lab / 10), at most 10 times 600. A step to one of
# the four neighbours costs the sum of both pixels.
BASE_COST = 8
COST_PER_SQUARED_GRADIENT = 600
HIGHEST_COST = 750 * BASE_COST

# The gradient is the central difference, smoothed across by (1, 7, 1) / 9: nearly the derivative of a Gaussian of sigma
# 0.5 px, in integers.
CENTRE = 7

FAR = np.int32(1 << 30)

# Buckets no wider than the cheapest step: nodes that share one cannot shorten each other, whatever their order. A power
# of two of them, more than the dearest step spans.
_BUCKET_WIDTH = 2 * BASE_COST
_BUCKETS = 1 << (2 * HIGHEST_COST // _BUCKET_WIDTH + 1).bit_length()

_NOBODY = -1
_UNQUEUED = -2


@numba.njit(cache=True, nogil=True)
def pixel_costs(lab: NDArray[np.int16]) -> NDArray[np.int32]:
    """Say what each pixel costs to walk.

    Args:
        lab: (H, W, 3) int16, CIELAB in hundredths.

    Returns:
        ((H + 2) * (W + 2),) int32 in [BASE_COST, HIGHEST_COST], BASE_COST on the border.
    """
    height, width, _ = lab.shape
    # Rows and columns of the image's rim are repeated beyond it.
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
    """Give the ((H + 2) * (W + 2),) int32 distances to a scribble without pixels: FAR, and 0 on the border."""
    distances = np.zeros((height + 2, width + 2), dtype=np.int32)
    distances[1:-1, 1:-1] = FAR
    return distances.ravel()


@numba.njit(cache=True, nogil=True)
def shorten(
    distances: NDArray[np.int32], costs: NDArray[np.int32], steps: NDArray[np.int32], seeds: NDArray[np.int32]
) -> None:
    """Bring distances up to date after a scribble has grown, in place.

    Dial's bucket queue ("Algorithm 360: Shortest-Path Forest with Topological Ordering", CACM 1969), started from the
    new pixels alone.

    Args:
        distances: (N,) int32 to the scribble so far; 0 on the border, which keeps paths inside the image.
        costs: (N,) int32 from `pixel_costs`.
        steps: (4,) int32 from `neighbour_steps`.
        seeds: (M,) int32, the nodes that have joined the scribble.
    """
    first = np.full(_BUCKETS, _NOBODY, dtype=np.int32)
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
    """Do it, with the head of each bucket's list in `first`, and the node after and before each other in `links`."""
    queued = 0
    for seed in seeds:
        if distances[seed] > 0:
            distances[seed] = 0
            _link(first, links, seed, 0)
            queued += 1
    bucket = 0
    while queued > 0:
        node = first[bucket]
        if node == _NOBODY:
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
    """Put a node at the head of a bucket's list."""
    links[node, 0] = first[bucket]
    links[node, 1] = _NOBODY
    if first[bucket] != _NOBODY:
        links[first[bucket], 1] = node
    first[bucket] = node


@kernel
def _unlink(first: NDArray[np.int32], links: NDArray[np.int32], node: int, bucket: int) -> None:
    """Take a node out of a bucket's list."""
    after, before = links[node]
    if before == _NOBODY:
        first[bucket] = after
    else:
        links[before, 0] = after
    if after != _NOBODY:
        links[after, 1] = before
    links[node, 1] = _UNQUEUED
