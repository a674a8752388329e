"""The energy of a mask in half nats: integers, coarse so that the max-flow has few levels to move."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.base import INSIDE, OUTSIDE
from cutout_rl.segmenters.grid import DIRECTIONS, neighbour_steps

UNITS_PER_NAT = 2

UNLABELLED = -1

# More than all links of a pixel together, so that no minimal cut goes through a seed.
SEED_UNITS = 1 << 20


@numba.njit(cache=True, nogil=True)
def contrast_weights(lab: NDArray[np.int16], weight: float) -> NDArray[np.int16]:
    """Weigh the links between neighbours: weight * exp(-|dLab|^2 / (2 * mean of |dLab|^2)) / distance.

    Args:
        lab: (H, W, 3) int16, CIELAB in hundredths.
        weight: of an axial link between equal colours, in nats.

    Returns:
        ((H + 2) * (W + 2), 8) int16 in half nats, rounded; 0 on links that leave the image.
    """
    height, width, _ = lab.shape
    squares = np.full((height, width, 8), -1, dtype=np.int64)
    total = 0
    links = 0
    for row in range(height):
        for column in range(width):
            for direction in range(0, 8, 2):
                near_row = row + DIRECTIONS[direction][0]
                near_column = column + DIRECTIONS[direction][1]
                if near_row < height and 0 <= near_column < width:
                    square = 0
                    for channel in range(3):
                        change = np.int64(lab[row, column, channel]) - lab[near_row, near_column, channel]
                        square += change * change
                    squares[row, column, direction] = square
                    total += square
                    links += 1
    decay = -links / (2 * total) if total > 0 else 0.0
    steps = neighbour_steps(width)
    weights = np.zeros(((height + 2) * (width + 2), 8), dtype=np.int16)
    for row in range(height):
        for column in range(width):
            node = (row + 1) * (width + 2) + column + 1
            for direction in range(0, 8, 2):
                if squares[row, column, direction] >= 0:
                    distance = 1.0 if direction < 4 else np.sqrt(2.0)
                    nats = weight * np.exp(decay * squares[row, column, direction]) / distance
                    rounded = np.int16(np.floor(UNITS_PER_NAT * nats + 0.5))
                    weights[node, direction] = rounded
                    weights[node + steps[direction], direction ^ 1] = rounded
    return weights


@numba.njit(cache=True, nogil=True)
def unary_units(
    labels: NDArray[np.int8],
    distances: NDArray[np.int32],
    colour: NDArray[np.int16],
    log_ratio: NDArray[np.int32],
    geodesic_weight: float,
) -> NDArray[np.int32]:
    """Work out every pixel's unary, positive where inside is likelier.

    Args:
        labels: (H, W) int8, INSIDE, OUTSIDE or UNLABELLED.
        distances: (2, (H + 2) * (W + 2)) int32, geodesic distances to each label's scribble.
        colour: (H, W) int16, index into `log_ratio`.
        log_ratio: (C,) int32, in 1/512 nat.
        geodesic_weight: in nats.

    Returns:
        (H, W) int32 in half nats, rounded; +-SEED_UNITS on labelled pixels.
    """
    height, width = labels.shape
    units = np.empty((height, width), dtype=np.int32)
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        for column in range(width):
            if labels[row, column] == INSIDE:
                units[row, column] = SEED_UNITS
            elif labels[row, column] == OUTSIDE:
                units[row, column] = -SEED_UNITS
            else:
                outside = np.int64(distances[OUTSIDE, start + column])
                inside = np.int64(distances[INSIDE, start + column])
                # IEEE 754 division is correctly rounded on every machine; inside is 0 on labelled pixels alone.
                nearer = (outside - inside) / (outside + inside)
                fine = np.int32(np.floor(512 * geodesic_weight * nearer + 0.5)) + log_ratio[colour[row, column]]
                units[row, column] = (fine + 128) >> 8
    return units
