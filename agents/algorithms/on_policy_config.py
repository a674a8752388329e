"""The flags shared by PPO and A2C."""

from dataclasses import dataclass

from cutout_rl.agents.algorithms.policy_config import PolicyConfig


@dataclass(frozen=True)
class OnPolicyConfig(PolicyConfig):
    """Train an agent to segment objects by drawing strokes."""

    n_steps: int = 64
    """Steps per game between two updates."""
    gae_lambda: float = 0.95
    """Bias-variance trade-off of the advantages (Schulman et al., ICLR 2016)."""
    ent_coef: float = 0.003
    """Initial weight of the entropy bonus; it decays linearly to 0."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        self.require_at_least({"n_steps": 1})
