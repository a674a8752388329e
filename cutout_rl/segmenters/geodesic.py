"""Geodesic distances to scribbles, kept up to date while the scribbles grow.

Walking through an even region is cheap, across an edge dear (Bai and Sapiro, "Geodesic Matting", IJCV 2009; Price et
al., "Geodesic Graph Cut for Interactive Image Segmentation", CVPR 2010). Distances are integers and thus the same
whichever way they were reached; a new stroke can only shorten them, so only pixels that it brings nearer are visited.
"""

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# A pixel's cost is 800 times (0.01 + squared gradient magnitude of Lab / 10), at most 7.5 times 800. A step costs the
# sum of its two pixels times 12 along an axis, times 17 (12 sqrt 2 to 0.2 %) along a diagonal.
BASE_COST = 8
COST_PER_SQUARED_GRADIENT = 800
HIGHEST_COST = 750 * BASE_COST
AXIAL = 12
DIAGONAL = 17

FAR = np.int32(1 << 30)

# Buckets no wider than the cheapest step: nodes that share one cannot shorten each other, whatever their order.
_BUCKET_WIDTH = 2 * AXIAL * BASE_COST
_BUCKETS = 2 * DIAGONAL * HIGHEST_COST // _BUCKET_WIDTH + 2

_NOBODY = -1
_UNQUEUED = -2


def pixel_costs(lab: NDArray[np.int16]) -> NDArray[np.int32]:
    """Say what each pixel costs to walk.

    Args:
        lab: (H, W, 3) int16, CIELAB in hundredths.

    Returns:
        ((H + 2) * (W + 2),) int32 in [BASE_COST, HIGHEST_COST], BASE_COST on the border.
    """
    height, width, _ = lab.shape
    squares = np.zeros((height, width))
    for axis in (0, 1):
        smooth = ndimage.gaussian_filter1d(lab, 0.5, axis=1 - axis, output=np.float64, mode="nearest")
        slope = ndimage.gaussian_filter1d(smooth, 0.5, axis=axis, order=1, mode="nearest")
        squares += np.einsum("ijk,ijk->ij", slope, slope)
    costs = np.rint(squares * (COST_PER_SQUARED_GRADIENT / 1e6)).astype(np.int32) + BASE_COST
    return np.pad(np.minimum(costs, HIGHEST_COST), 1, constant_values=BASE_COST).ravel()


def no_distances(height: int, width: int) -> NDArray[np.int32]:
    """Give the ((H + 2) * (W + 2),) int32 distances to a scribble without pixels: FAR, and 0 on the border."""
    return np.pad(np.full((height, width), FAR, dtype=np.int32), 1).ravel()


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
        steps: (8,) int32 from `neighbour_steps`.
        seeds: (M,) int32, the nodes that have joined the scribble.
    """
    first = np.full(_BUCKETS, _NOBODY, dtype=np.int32)
    after = np.empty(len(distances), dtype=np.int32)
    before = np.full(len(distances), _UNQUEUED, dtype=np.int32)
    queued = 0
    for seed in seeds:
        if distances[seed] > 0:
            distances[seed] = 0
            _link(first, after, before, seed, 0)
            queued += 1
    bucket = 0
    while queued > 0:
        node = first[bucket]
        if node == _NOBODY:
            bucket = (bucket + 1) % _BUCKETS
            continue
        _unlink(first, after, before, node, bucket)
        queued -= 1
        for direction in range(8):
            near = node + steps[direction]
            length = AXIAL if direction < 4 else DIAGONAL
            distance = distances[node] + length * (costs[node] + costs[near])
            if distance < distances[near]:
                if before[near] != _UNQUEUED:
                    _unlink(first, after, before, near, distances[near] // _BUCKET_WIDTH % _BUCKETS)
                    queued -= 1
                distances[near] = distance
                _link(first, after, before, near, distance // _BUCKET_WIDTH % _BUCKETS)
                queued += 1


@numba.njit(cache=True, nogil=True)
def _link(
    first: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32], node: int, bucket: int
) -> None:
    """Put a node at the head of a bucket's list."""
    after[node] = first[bucket]
    before[node] = _NOBODY
    if first[bucket] != _NOBODY:
        before[first[bucket]] = node
    first[bucket] = node


@numba.njit(cache=True, nogil=True)
def _unlink(
    first: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32], node: int, bucket: int
) -> None:
    """Take a node out of a bucket's list."""
    if before[node] == _NOBODY:
        first[bucket] = after[node]
    else:
        after[before[node]] = after[node]
    if after[node] != _NOBODY:
        before[after[node]] = before[node]
    before[node] = _UNQUEUED
