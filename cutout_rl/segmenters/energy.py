"""The energy of a mask, in integers: capacities in half-nat units, coarse so that the max-flow has few levels to move."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.grid import DIRECTIONS

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
            for direction in range(8):
                near_row = row + DIRECTIONS[direction][0]
                near_column = column + DIRECTIONS[direction][1]
                if 0 <= near_row < height and 0 <= near_column < width:
                    square = 0
                    for channel in range(3):
                        change = np.int64(lab[row, column, channel]) - lab[near_row, near_column, channel]
                        square += change * change
                    squares[row, column, direction] = square
                    total += square
                    links += 1
    weights = np.zeros(((height + 2) * (width + 2), 8), dtype=np.int16)
    for row in range(height):
        for column in range(width):
            node = (row + 1) * (width + 2) + column + 1
            for direction in range(8):
                square = squares[row, column, direction]
                if square >= 0:
                    likeness = np.exp(-square * links / (2 * total)) if total > 0 else 1.0
                    distance = 1.0 if direction < 4 else np.sqrt(2.0)
                    weights[node, direction] = np.floor(UNITS_PER_NAT * weight * likeness / distance + 0.5)
    return weights


@numba.njit(cache=True, nogil=True)
def unary_units(
    labels: NDArray[np.int8],
    near_inside: NDArray[np.int32],
    near_outside: NDArray[np.int32],
    geodesic_weight: float,
    colour: NDArray[np.int16],
    log_ratio: NDArray[np.int32],
    units: NDArray[np.int32],
) -> None:
    """Work out every pixel's unary from the distances and colours, positive where inside is likelier.

    Args:
        labels: (H, W) int8, the label of each pixel or UNLABELLED.
        near_inside: ((H + 2) * (W + 2),) int32, geodesic distance to the inside scribble.
        near_outside: ((H + 2) * (W + 2),) int32, to the outside scribble.
        geodesic_weight: in nats.
        colour: (H, W) int16, index into `log_ratio`.
        log_ratio: (C,) int32 in 1/512 nat.
        units: (H, W) int32, written: the unary in half nats, rounded; +-SEED_UNITS on labelled pixels.
    """
    height, width = labels.shape
    scale = 512 * geodesic_weight
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        for column in range(width):
            inside = np.int64(near_inside[start + column])
            outside = np.int64(near_outside[start + column])
            # The quotient is rounded correctly everywhere (IEEE 754), so this is as exact as integers.
            nearer = (outside - inside) / max(outside + inside, 1)
            fine = np.int32(np.floor(scale * nearer + 0.5)) + log_ratio[colour[row, column]]
            units[row, column] = (fine + 128) >> 8
            if labels[row, column] != UNLABELLED:
                units[row, column] = SEED_UNITS if labels[row, column] == 1 else -SEED_UNITS
