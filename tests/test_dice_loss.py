"""The Dice loss, against its formula in plain Python."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cutout_rl.agents.training.dice_loss import dice_loss


def dice_loss_of_pixels(pixels: list[tuple[float, float, bool]]) -> float:
    """Return the loss of an image from the log-odds, the truth and the knowledge of each pixel."""
    known = [(1 / (1 + math.exp(-odds)), truth) for odds, truth, is_known in pixels if is_known]
    overlap = sum(probability * truth for probability, truth in known)
    return 1 - (2 * overlap + 1) / (sum(probability + truth for probability, truth in known) + 1)


@given(seed=st.integers(0, 2**32 - 1), soft=st.booleans(), share_known=st.sampled_from([0.0, 0.5, 1.0]))
def test_loss_of_each_image_is_that_of_the_formula(seed: int, soft: bool, share_known: float) -> None:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0, 3, (3, 5, 5))
    truth = rng.random((3, 5, 5)) if soft else rng.random((3, 5, 5)) < rng.random()
    known = rng.random((3, 5, 5)) < share_known
    loss = dice_loss(torch.tensor(log_odds), torch.tensor(truth), torch.tensor(known))
    images = [zip(*(part[i].ravel() for part in (log_odds, truth, known)), strict=True) for i in range(3)]
    assert loss.tolist() == pytest.approx([dice_loss_of_pixels(list(image)) for image in images])


def test_void_pixels_have_no_gradient() -> None:
    log_odds = torch.zeros(1, 4, 4, requires_grad=True)
    known = torch.ones(1, 4, 4)
    known[:, :, 2:] = 0
    dice_loss(log_odds, torch.ones(1, 4, 4), known).sum().backward()
    assert log_odds.grad is not None
    assert ((log_odds.grad != 0) == known.bool()).all()
