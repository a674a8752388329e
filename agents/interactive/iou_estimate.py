"""An estimate of a mask's IoU from the network's own probabilities, without the ground truth."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

_LEAST: Final = 1e-3  # distance of an overlap from 0 and 1


def expected_overlap(log_odds: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Compute sum(p m) / sum(p + m - p m) with p = sigmoid(2 l), the IoU of a mask m with an uncertain object.

    It is a ratio of expectations, which neglects that the errors of neighbouring pixels depend on each other;
    `calibrated` corrects it. Without the factor of 2, the faint probabilities of a large background outweigh a small
    object.

    Args:
        log_odds: (H, W) float32, l.
        mask: (H, W) bool, m.
    """
    probability = expit(2 * log_odds)
    total = float(probability.sum(dtype=np.float64))
    inside = float(probability[mask].sum(dtype=np.float64))
    union = total + np.count_nonzero(mask) - inside
    return float(inside / union) if union > 0 else 1.0


def calibrated(overlap: float, offset: float, slope: float) -> float:
    """Return the estimate sigmoid(offset + slope logit(overlap)) of an IoU (Platt, 1999), in [0, 1]."""
    return float(expit(offset + slope * logit(np.clip(overlap, _LEAST, 1 - _LEAST))))


def calibrate(overlaps: Sequence[float], ious: Sequence[float]) -> tuple[float, float]:
    """Find the offset and slope of `calibrated` with the lowest cross-entropy with true IoUs.

    Args:
        overlaps: expected overlaps of some masks.
        ious: their true IoUs, in [0, 1].

    Returns:
        offset and slope; 0 and 1 are no correction.
    """
    inputs = logit(np.clip(overlaps, _LEAST, 1 - _LEAST))
    truth = np.asarray(ious)

    def cross_entropy(parameters: NDArray[np.float64]) -> float:
        outputs = parameters[0] + parameters[1] * inputs
        return float(np.mean(np.logaddexp(0, outputs) - truth * outputs))

    offset, slope = minimize(cross_entropy, (0.0, 1.0)).x
    return float(offset), float(slope)
