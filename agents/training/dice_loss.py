"""The Dice loss of V-Net (Milletari et al., 3DV 2016)."""

from torch import Tensor


def dice_loss(log_odds: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Compute 1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1) of each image, with sums over its known pixels.

    p is the sigmoid of the log-odds and t the truth; the ones keep the loss of an empty image finite.

    Args:
        log_odds: (B, S, S).
        truth: (B, S, S), in [0, 1] or bool.
        known: (B, S, S), 0 or False on void pixels, and 1 or True on others.

    Returns:
        (B,) in [0, 1].
    """
    probability, truth = log_odds.sigmoid() * known, truth * known
    overlap = (probability * truth).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + truth.sum(dim=(1, 2))
    return 1 - (2 * overlap + 1) / (total + 1)
