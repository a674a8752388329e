"""An estimate of a mask's IoU from the network's own probabilities, without the ground truth."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

Calibration = tuple[float, float, float]

_LEAST: Final = 1e-3  # distance of an overlap from 0 and 1
_MOST_STROKES: Final = 8  # that the calibration has seen


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


def calibrated(overlap: float, strokes: int, calibration: Calibration) -> float:
    """Return the estimate sigmoid(a + b logit(overlap) + c log2(strokes)) of an IoU (Platt, 1999), in [0, 1].

    The same overlap promises more after many strokes than after two, because then the network knows what is meant.

    Args:
        overlap: of `expected_overlap`.
        strokes: that a person has drawn, or 2 for the start points of a game; above 8 they count as 8.
        calibration: a, b and c.
    """
    offset, slope, per_doubling = calibration
    return float(expit(offset + slope * _logit(overlap) + per_doubling * _doublings(strokes)))


def calibrate(overlaps: Sequence[float], strokes: Sequence[int], ious: Sequence[float]) -> Calibration:
    """Find the a, b and c of `calibrated` with the lowest cross-entropy with true IoUs.

    Args:
        overlaps: expected overlaps of some masks.
        strokes: that led to them.
        ious: their true IoUs, in [0, 1].
    """
    inputs = np.stack([np.ones(len(ious)), _logit(overlaps), _doublings(strokes)])
    truth = np.asarray(ious)

    def cross_entropy(parameters: NDArray[np.float64]) -> float:
        outputs = parameters @ inputs
        return float(np.mean(np.logaddexp(0, outputs) - truth * outputs))

    offset, slope, per_doubling = minimize(cross_entropy, (0.0, 1.0, 0.0)).x
    return float(offset), float(slope), float(per_doubling)


def _logit(overlap: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(logit(np.clip(overlap, _LEAST, 1 - _LEAST)))


def _doublings(strokes: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(np.log2(np.clip(strokes, 1, _MOST_STROKES)))
