"""The flags shared by PPO and A2C."""

from dataclasses import dataclass
from typing import Annotated

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Range, Share, Weight


@dataclass(frozen=True)
class OnPolicyConfig(PolicyConfig):
    """Train an agent to segment objects by drawing strokes."""

    n_steps: Count = 64
    """Steps per game between two updates."""
    gae_lambda: Share = 0.95
    """Bias-variance trade-off of the advantages (Schulman et al., ICLR 2016)."""
    prior_refinement: Annotated[int, Range(0, 1000)] = 16
    """Gradient steps on the object prior for every 2,048 steps of play (--prior reward); 0 freezes it."""
    ent_coef: Weight = 0.003
    """Initial weight of the entropy bonus; it decays linearly to 0."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        # The advantages of a rollout are normalised, and a single one has no standard deviation.
        if self.n_envs * self.n_steps < 2:
            raise CutOutError(f"n_envs times n_steps is 1, but {self.algo} needs at least 2 steps; raise either.")
