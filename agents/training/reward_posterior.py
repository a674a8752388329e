"""What the rewards of known masks say about the object: a posterior of its pixels."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

_NEWTON_STEPS: Final = 8
_HALVINGS: Final = 6  # of a Newton step that does not lower the dual objective
_PRECISION: Final = 1e-3  # of the dual objective


def iou_equations(masks: Tensor, ious: Tensor) -> tuple[Tensor, Tensor]:
    """Write the IoUs of masks as linear equations of the unknown object.

    The IoU r of a mask m with the object T is r = |m & T| / (|m| + |T| - |m & T|), which is linear in T:

        sum_p T_p ((1 + r) m_p - r) = r |m|.

    Args:
        masks: (B, K, P) float32 in [0, 1], K masks of each image.
        ious: (B, K) float32 in [0, 1], their IoUs; NaN where one is unknown, which makes an equation 0 = 0.

    Returns:
        The coefficients, (B, K, P) float32, and the right-hand sides, (B, K) float32 in px.
    """
    known = ious.isfinite()
    ious = ious.nan_to_num()
    coefficients = ((1 + ious)[..., None] * masks - ious[..., None]) * known[..., None]
    return coefficients, ious * masks.sum(dim=2) * known


def posterior(log_odds: Tensor, coefficients: Tensor, totals: Tensor, tolerance: float) -> Tensor:
    """Compute the distribution of the object's pixels that agrees with linear equations and is nearest to a prior.

    For each image, with p = sigmoid(log_odds), the posterior x minimises

        KL(x || p) + |A x - b|^2 / (2 tolerance^2)

    over independent pixels (posterior regularisation; Ganchev et al., JMLR 2010). It is x = sigmoid(log_odds + A^T v),
    where v minimises the convex dual

        sum_p softplus(log_odds_p + (A^T v)_p) - b^T v + tolerance^2 |v|^2 / 2,

    found by Newton's method with step halving.

    Args:
        log_odds: (B, P) float32, of the prior.
        coefficients: A, (B, K, P) float32.
        totals: b, (B, K) float32.
        tolerance: standard deviation of the equations' errors, in px.

    Returns:
        (B, P) float32 in [0, 1].
    """
    variance = tolerance**2
    ridge = variance * torch.eye(totals.shape[1], device=totals.device)
    duals = torch.zeros_like(totals)

    def tilted(duals: Tensor) -> Tensor:
        return log_odds + torch.bmm(duals[:, None], coefficients)[:, 0]

    def objective(duals: Tensor, log_odds: Tensor) -> Tensor:
        penalty = variance / 2 * duals.square().sum(dim=1)
        return functional.softplus(log_odds).sum(dim=1) - (totals * duals).sum(dim=1) + penalty

    updated = log_odds
    value = objective(duals, updated)
    for _ in range(_NEWTON_STEPS):
        probability = updated.sigmoid()
        gradient = torch.bmm(coefficients, probability[..., None])[..., 0] - totals + variance * duals
        weights = (probability * (1 - probability))[:, None]
        hessian = torch.bmm(coefficients * weights, coefficients.transpose(1, 2)) + ridge
        direction = torch.linalg.solve(hessian, gradient)
        length = torch.ones_like(value)
        for _ in range(_HALVINGS):
            trial = duals - length[:, None] * direction
            trial_log_odds = tilted(trial)
            trial_value = objective(trial, trial_log_odds)
            is_lower = trial_value <= value
            if is_lower.all():
                break
            length = torch.where(is_lower, length, length / 2)
        gained = value - torch.where(is_lower, trial_value, value)
        duals = torch.where(is_lower[:, None], trial, duals)
        updated = torch.where(is_lower[:, None], trial_log_odds, updated)
        value = value - gained
        if (gained < _PRECISION).all():
            break
    return updated.sigmoid()
