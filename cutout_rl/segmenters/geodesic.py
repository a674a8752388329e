"""Geodesic distances to scribbles, updated incrementally while the scribbles grow.

A path is short through smooth regions and long across edges (Bai and Sapiro, "Geodesic Matting", IJCV 2009; Price et
al., "Geodesic Graph Cut for Interactive Image Segmentation", CVPR 2010). Distances are integers, so they do not depend
on the order of updates. A new stroke can only shorten distances, so an update visits only the pixels that get closer.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS
from cutout_rl.utils.numba_kernel import kernel

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


@numba.njit(cache=True, nogil=True)
def fill_costs(lab: NDArray[np.int16], lines: NDArray[np.float64], costs: NDArray[np.int16]) -> None:
    """Compute the path cost of each pixel.

    Args:
        lab: (3, H, W) int16, CIELAB in hundredths.
        lines: (3, W + 2) float64, overwritten.
        costs: ((H + 2) * (W + 2),) int16, written: in [BASE_COST, HIGHEST_COST], BASE_COST on the padding.
    """
    _, height, width = lab.shape
    # A row smoothed with its neighbours, the difference of the rows below and above, both with the border pixels
    # repeated, and the squared gradient; all of them whole numbers.
    smoothed, slope, square = lines[0], lines[1], lines[2]  # unpacked at once they would not be known as contiguous
    scale = COST_PER_SQUARED_GRADIENT / (1000.0 * 2 * (CENTRE + 2)) ** 2
    costs[:] = BASE_COST
    # Simple loops over rows, which the compiler vectorises.
    for row in range(height):
        square[:] = 0
        for channel in range(3):
            above, here = lab[channel, max(row - 1, 0)], lab[channel, row]
            below = lab[channel, min(row + 1, height - 1)]
            for column in range(width):
                north, middle, south = np.float64(above[column]), np.float64(here[column]), np.float64(below[column])
                smoothed[column + 1] = north + CENTRE * middle + south
                slope[column + 1] = south - north
            smoothed[0], smoothed[width + 1] = smoothed[1], smoothed[width]
            slope[0], slope[width + 1] = slope[1], slope[width]
            for column in range(width):
                right = smoothed[column + 2] - smoothed[column]
                down = slope[column] + CENTRE * slope[column + 1] + slope[column + 2]
                square[column] += right * right + down * down
        start = (row + 1) * (width + 2) + 1
        for column in range(width):
            extra = min(np.floor(scale * square[column] + 0.5), float(HIGHEST_COST - BASE_COST))
            costs[start + column] = np.int16(BASE_COST + np.int32(extra))


@numba.njit(cache=True, nogil=True)
def forget_scribble(distances: NDArray[np.int32], height: int, width: int) -> None:
    """Write the ((H + 2) * (W + 2),) int32 distances to an empty scribble: FAR, and 0 on the padding."""
    distances[:] = 0
    for row in range(1, height + 1):
        distances[row * (width + 2) + 1 : row * (width + 2) + width + 1] = FAR


class BucketQueue(NamedTuple):
    """Stacks of nodes, as linked lists.

    Attributes:
        top: (_BUCKETS,) int32, the newest entry of each bucket, or 0; all 0 while the queue is not in use.
        entries: (4 N + 1, 2) int32, of each entry the node and the entry below it, or 0; entry 0 is not used. Every
            node shortens each of its neighbours once at most, and is a seed at most once without being shortened.
    """

    top: NDArray[np.int32]
    entries: NDArray[np.int32]


def allocate_queue(height: int, width: int) -> BucketQueue:
    """Allocate an empty queue for images of one size."""
    nodes = (height + 2) * (width + 2)
    return BucketQueue(np.zeros(_BUCKETS, dtype=np.int32), np.zeros((4 * nodes + 1, 2), dtype=np.int32))


@kernel
def shorten(
    distances: NDArray[np.int32],
    costs: NDArray[np.int16],
    steps: NDArray[np.uint64],
    seeds: NDArray[np.int32],
    count: int,
    queue: BucketQueue,
) -> tuple[int, int]:
    """Update the distances after a scribble has grown, in place.

    Dial's bucket queue ("Algorithm 360: Shortest-Path Forest with Topological Ordering", CACM 1969), started from
    the new pixels only. A node that gets closer is queued again, and its older entries are skipped.

    Args:
        distances: (N,) int32 to the scribble so far; 0 on the padding, which keeps paths inside the image.
        costs: (N,) int16 from `fill_costs`.
        steps: (4,) uint64 from `neighbour_steps`.
        seeds: int32, the nodes added to the scribble.
        count: how many of `seeds` there are; the rest is ignored.
        queue: empty before and after.

    Returns:
        The lowest and the highest node that got closer; (N, 0) if none did.
    """
    top, entries = queue.top, queue.entries
    lowest, highest = np.uint64(len(distances)), np.uint64(0)
    entry = 0
    for index in range(count):
        seed = np.uint64(seeds[index])
        if distances[seed] > 0:
            distances[seed] = 0
            entry += 1
            entries[entry, 0] = seed
            entries[entry, 1] = top[0]
            top[0] = entry
    queued = entry
    bucket = 0
    while queued > 0:
        popped = top[bucket]
        if popped == 0:
            bucket = (bucket + 1) & (_BUCKETS - 1)
            continue
        top[bucket] = entries[popped, 1]
        queued -= 1
        node = np.uint64(entries[popped, 0])
        shortest = distances[node]
        if (shortest // _BUCKET_WIDTH) & (_BUCKETS - 1) != bucket:
            continue
        lowest, highest = min(lowest, node), max(highest, node)
        start = shortest + costs[node]
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            distance = start + costs[near]
            if distance < distances[near]:
                distances[near] = distance
                entry += 1
                into = (distance // _BUCKET_WIDTH) & (_BUCKETS - 1)
                entries[entry, 0] = near
                entries[entry, 1] = top[into]
                top[into] = entry
                queued += 1
    return int(lowest), int(highest)
