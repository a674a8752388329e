"""What scores say about the object, against exhaustive counts and SciPy's optimiser."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, xlogy

from cutout_rl.agents.training.reward_posterior import iou_equations, posterior
from cutout_rl.game.reward import intersection_over_union


@given(st.integers(0, 2**32 - 1))
def test_the_object_solves_the_equations_of_its_own_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random((6, 7)) < rng.uniform(0.1, 0.9)
    masks = rng.random((5, 6, 7)) < rng.uniform(0.1, 0.9, (5, 1, 1))
    nothing = np.zeros_like(truth)
    ious = np.array([[intersection_over_union(mask, truth, nothing) for mask in masks]])
    equations = iou_equations(torch.as_tensor(masks[None]).flatten(2).double(), torch.as_tensor(ious))
    coefficients, totals = (tensor[0].numpy() for tensor in equations)
    assert np.allclose(coefficients @ truth.ravel(), totals, atol=1e-9)


def test_an_unknown_score_says_nothing() -> None:
    rng = np.random.default_rng(0)
    masks = torch.as_tensor(rng.random((2, 3, 20)), dtype=torch.float32)
    log_odds = torch.as_tensor(rng.normal(size=(2, 20)), dtype=torch.float32)
    unknown = torch.full((2, 3), torch.nan)
    assert torch.allclose(posterior(log_odds, *iou_equations(masks, unknown), 1.0), log_odds.sigmoid())
    scores = torch.tensor([[0.3, torch.nan, 0.6]] * 2)
    with_gap = posterior(log_odds, *iou_equations(masks, scores), 1.0)
    without = posterior(log_odds, *iou_equations(masks[:, ::2], scores[:, ::2]), 1.0)
    assert torch.allclose(with_gap, without, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_posterior_minimises_what_it_should(seed: int) -> None:
    """The primal problem by SciPy, in log-odds, where it is smooth."""
    rng = np.random.default_rng(seed)
    n, k, tolerance = 12, 3, 0.5
    prior_log_odds = rng.normal(0, 1.5, n)
    masks = (rng.random((k, n)) < 0.5).astype(np.float64)
    ious = rng.uniform(0.1, 0.9, k)
    coefficients, totals = iou_equations(torch.as_tensor(masks[None]), torch.as_tensor(ious[None]))
    found = posterior(torch.as_tensor(prior_log_odds[None]), coefficients, totals, tolerance)[0].numpy()
    prior, a, b = expit(prior_log_odds), coefficients[0].numpy(), totals[0].numpy()

    def objective(x: np.ndarray) -> float:
        divergence = (xlogy(x, x) - xlogy(x, prior) + xlogy(1 - x, 1 - x) - xlogy(1 - x, 1 - prior)).sum()
        return float(divergence + np.square(a @ x - b).sum() / (2 * tolerance**2))

    best = minimize(lambda log_odds: objective(expit(log_odds)), prior_log_odds, method="BFGS", tol=1e-10)
    assert objective(found) <= best.fun + 1e-6
    assert np.allclose(found, expit(best.x), atol=1e-3)


def test_many_exact_scores_reveal_the_object() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(30) < 0.4
    masks = rng.random((40, 30)) < 0.5
    ious = np.array([(mask & truth).sum() / (mask | truth).sum() for mask in masks])
    equations = iou_equations(torch.as_tensor(masks[None]).double(), torch.as_tensor(ious[None]))
    found = posterior(torch.zeros(1, 30, dtype=torch.float64), *equations, 0.02)[0].numpy()
    assert np.array_equal(found > 0.5, truth)
