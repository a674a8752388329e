"""The unary and pairwise terms of the energy, rounded to integers: one unit is 1 nat.

The coarse unit makes the max-flow faster and costs no accuracy.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import DIRECTIONS, N_DIRECTIONS, neighbour_steps
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE

UNLABELLED = -1

# The unary of a labelled pixel (seed). It exceeds the sum of the pixel's n-links, so no minimum cut relabels a seed.
SEED_NATS = 1 << 20


# A link whose squared contrast is this fraction of m has half the weight of a link without contrast.
_HALF_WEIGHT_CONTRAST = 0.06
# m is this fraction of the local mean, over the links within _NEARBY pixels, plus the rest of the global mean.
_NEARBY_SHARE = 0.4
_NEARBY = 8


@numba.njit(cache=True, nogil=True)
def contrast_weights(lab: NDArray[np.int16], weight: float) -> NDArray[np.int16]:
    """Compute the pairwise term: the n-links' capacities weight / (1 + (|dLab|^2 / (0.06 m))^(3/4)).

    m mixes the mean of |dLab|^2 over the whole image with the mean over nearby links: links in textured regions keep
    weight, and faint edges in smooth regions lose it. The tail is heavier than the usual Gaussian's: cutting a strong
    edge is not free, so the contour does not follow every strong edge.

    Args:
        lab: (H, W, 3) int16, CIELAB in hundredths.
        weight: capacity of a link between equal colours, in nats.

    Returns:
        ((H + 2) * (W + 2), 4) int16, rounded to whole nats; 0 for links that leave the image.
    """
    height, width, _ = lab.shape
    # Squared contrast to the east and south neighbours; sum and number of each pixel's links.
    squares = np.zeros((height, width, 2), dtype=np.int64)
    sums = np.zeros((2, height, width), dtype=np.int64)
    for row in range(height):
        for column in range(width):
            for forward in range(2):
                near_row = row + DIRECTIONS[2 * forward][0]
                near_column = column + DIRECTIONS[2 * forward][1]
                if near_row < height and near_column < width:
                    for channel in range(3):
                        change = np.int64(lab[row, column, channel]) - lab[near_row, near_column, channel]
                        squares[row, column, forward] += change * change
                    for y, x in ((row, column), (near_row, near_column)):
                        sums[0, y, x] += squares[row, column, forward]
                        sums[1, y, x] += 1
    means = _mean_contrasts(sums)
    steps = neighbour_steps(width)
    weights = np.zeros(((height + 2) * (width + 2), N_DIRECTIONS), dtype=np.int16)
    for row in range(height):
        for column in range(width):
            node = (row + 1) * (width + 2) + column + 1
            for forward in range(2):
                direction = 2 * forward
                near_row, near_column = row + DIRECTIONS[direction][0], column + DIRECTIONS[direction][1]
                if near_row < height and near_column < width:
                    relative = 0.0
                    if squares[row, column, forward] > 0:
                        mean = (means[row, column] + means[near_row, near_column]) / 2
                        relative = squares[row, column, forward] / (_HALF_WEIGHT_CONTRAST * mean)
                    # Square roots are correctly rounded on every machine; powers are not.
                    nats = weight / (1 + np.sqrt(relative * np.sqrt(relative)))
                    rounded = np.int16(np.floor(nats + 0.5))
                    weights[node, direction] = rounded
                    weights[node + steps[direction], direction ^ 1] = rounded
    return weights


@numba.njit(cache=True, nogil=True)
def _mean_contrasts(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute each pixel's m from the (2, H, W) sums and numbers of its links, with summed-area tables."""
    _, height, width = sums.shape
    areas = np.zeros((2, height + 1, width + 1), dtype=np.int64)
    for quantity in range(2):
        for row in range(height):
            along = 0
            for column in range(width):
                along += sums[quantity, row, column]
                areas[quantity, row + 1, column + 1] = areas[quantity, row, column + 1] + along
    overall = areas[0, -1, -1] / max(areas[1, -1, -1], 1)
    means = np.empty((height, width))
    for row in range(height):
        top, bottom = max(row - _NEARBY, 0), min(row + _NEARBY + 1, height)
        for column in range(width):
            left, right = max(column - _NEARBY, 0), min(column + _NEARBY + 1, width)
            total = _sum_in_square(areas[0], top, bottom, left, right)
            links = _sum_in_square(areas[1], top, bottom, left, right)
            means[row, column] = _NEARBY_SHARE * total / max(links, 1) + (1 - _NEARBY_SHARE) * overall
    return means


@numba.njit(cache=True, nogil=True)
def _sum_in_square(areas: NDArray[np.int64], top: int, bottom: int, left: int, right: int) -> int:
    return int(areas[bottom, right] - areas[top, right] - areas[bottom, left] + areas[top, left])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def update_unaries(
    unaries: NDArray[np.int32],
    labels: NDArray[np.int8],
    distances: NDArray[np.int32],
    colour: NDArray[np.uint16],
    log_ratio: NDArray[np.int32],
    geodesic_weight: float,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Update the unary of every pixel, in place.

    Args:
        unaries: (H, W) int32, rounded to whole nats, positive where inside is likelier; +-SEED_NATS on labelled pixels.
        labels: (H, W) int8, INSIDE, OUTSIDE or UNLABELLED.
        distances: (2, (H + 2) * (W + 2)) int32, geodesic distances to each label's scribble.
        colour: (H, W) uint16, index into `log_ratio`.
        log_ratio: (C,) int32, in 1/512 nat.
        geodesic_weight: weight of the distance term, in nats.

    Returns:
        nodes: (M,) int32, the nodes whose unary has changed.
        changes: (M,) int32, new minus old, in nats.
    """
    height, width = labels.shape
    nodes = np.empty(height * width, dtype=np.int32)
    changes = np.empty(height * width, dtype=np.int32)
    count = 0
    scale = np.float32(512 * geodesic_weight)
    newer = np.empty(width, dtype=np.int32)
    # Few pixels change, so eight flags are tested at once.
    differs = np.zeros((width + 7) // 8 * 8, dtype=np.bool_)
    eights = differs.view(np.uint64)
    # Simple loops over rows, which the compiler vectorises.
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        outside = distances[OUTSIDE, start : start + width]
        inside = distances[INSIDE, start : start + width]
        for column in range(width):
            far, near = np.float32(outside[column]), np.float32(inside[column])
            # IEEE 754 division is correctly rounded on every machine. Both distances are 0 on labelled pixels only.
            nearer = (far - near) / max(far + near, np.float32(1))
            newer[column] = np.int32(np.floor(scale * nearer + np.float32(0.5)))
        for column in range(width):
            newer[column] += log_ratio[colour[row, column]]
        for column in range(width):
            label = labels[row, column]
            unary = (newer[column] + np.int32(256)) >> np.int32(9)
            unary = np.int32(SEED_NATS) if label == INSIDE else np.int32(-SEED_NATS) if label == OUTSIDE else unary
            newer[column] = unary
            differs[column] = unary != unaries[row, column]
        for eight in range(len(eights)):
            if eights[eight]:
                for column in range(8 * eight, min(8 * eight + 8, width)):
                    nodes[count] = start + column
                    changes[count] = newer[column] - unaries[row, column]
                    count += differs[column]
        unaries[row] = newer
    return nodes[:count], changes[:count]
