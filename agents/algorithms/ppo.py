"""Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.errors import CutOutError

if TYPE_CHECKING:
    from stable_baselines3 import PPO as SB3PPO
    from stable_baselines3.common.vec_env import VecEnv


@dataclass(frozen=True)
class PPOConfig(OnPolicyConfig):
    """Train an agent to segment objects by drawing strokes, with PPO."""

    algo: AlgorithmName = "ppo"
    batch_size: int = 512
    """Steps in a gradient step."""
    n_epochs: int = 4
    """Passes over the collected steps per update."""
    clip_range: float = 0.2
    """Clipping range of the probability ratio."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        # Advantages are normalised over a gradient step.
        if self.batch_size < 2:
            raise CutOutError(f"batch_size is {self.batch_size}, but must be at least 2.")
        if self.n_envs * self.n_steps < 2:
            raise CutOutError("n_envs times n_steps is 1, but PPO needs at least 2 steps; raise either.")
        if self.n_epochs < 1:
            raise CutOutError(f"n_epochs is {self.n_epochs}, but must be at least 1.")


class PPO(OnPolicy):
    """PPO as an entry point of `cutout_rl.agents`."""

    config_type = PPOConfig

    def make_model(self, config: OnPolicyConfig, env: "VecEnv") -> "SB3PPO":
        """Create the untrained SB3 model."""
        from stable_baselines3 import PPO as SB3PPO

        from cutout_rl.agents.algorithms.on_policy_training import model_kwargs

        assert isinstance(config, PPOConfig)
        return SB3PPO(
            env=env,
            batch_size=config.batch_size,
            n_epochs=config.n_epochs,
            clip_range=config.clip_range,
            **model_kwargs(config),
        )
