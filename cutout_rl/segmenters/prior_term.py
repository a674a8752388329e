"""An object prior in the energy: log-odds that are added to the unaries, and edges that weaken the pairwise term."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS

# Log-odds are clipped here: a network that is surer than 1 in 3,000 is not to outweigh what a person draws nearby.
HIGHEST_LOG_ODDS = 8.0


def prior_units(log_odds: NDArray[np.floating], weight: float) -> NDArray[np.int32]:
    """Return a prior's part of the unaries: (H, W) int32, `weight` times the clipped log-odds, in 1/512 nat."""
    clipped = np.clip(log_odds, -HIGHEST_LOG_ODDS, HIGHEST_LOG_ODDS, dtype=np.float64)
    return np.asarray(np.floor(512 * weight * clipped + 0.5), np.int32)


def object_probabilities(log_odds: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (H, W) float64 probabilities of the object, in [0, 1]."""
    clipped = np.clip(log_odds, -HIGHEST_LOG_ODDS, HIGHEST_LOG_ODDS, dtype=np.float64)
    return np.asarray(1 / (1 + np.exp(-clipped)))


@numba.njit(cache=True, nogil=True)
def read_weights(residual: NDArray[np.int16], width: int) -> NDArray[np.int16]:
    """Return the n-links' capacities, as a (4 N,) int16 copy, from their residuals: flow keeps the sum of a link's two.

    Args:
        residual: (4 N,) int16, for N nodes of a padded grid; both directions of a link had the same capacity.
        width: of the image.
    """
    weights = np.zeros_like(residual)
    for forward, step in ((0, 1), (1, width + 2)):
        for node in range(len(residual) // N_DIRECTIONS - step):
            there, back = N_DIRECTIONS * node + 2 * forward, N_DIRECTIONS * (node + step) + 2 * forward + 1
            weights[there] = weights[back] = (np.int32(residual[there]) + np.int32(residual[back])) >> 1
    return weights


@numba.njit(cache=True, nogil=True)
def fill_weakened(
    weights: NDArray[np.int16],
    probabilities: NDArray[np.float64],
    edge_weight: float,
    weakened: NDArray[np.int16],
) -> None:
    """Divide the capacity of each n-link by 1 + edge_weight |s_p - s_q|.

    Args:
        weights: (4 N,) int16, capacities in nats.
        probabilities: (H, W) float64, s.
        edge_weight: at least 0.
        weakened: (4 N,) int16, written, rounded to whole nats; 0 for links that leave the image.
    """
    height, width = probabilities.shape
    weakened[:] = 0
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        for forward in range(2):
            length = width - 1 if forward == 0 else width if row + 1 < height else 0
            there = probabilities[row, 1:] if forward == 0 else probabilities[min(row + 1, height - 1)]
            step = 1 if forward == 0 else width + 2
            for column in range(length):
                jump = abs(probabilities[row, column] - there[column])
                link = N_DIRECTIONS * (start + column) + 2 * forward
                nats = np.int16(np.floor(weights[link] / (1 + edge_weight * jump) + 0.5))
                weakened[link] = weakened[link + N_DIRECTIONS * step + 1] = nats
