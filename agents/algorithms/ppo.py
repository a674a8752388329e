"""Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3."""

from dataclasses import dataclass

import stable_baselines3
from stable_baselines3.common.vec_env import VecEnv

from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class PPOConfig(OnPolicyConfig):
    """Train an agent to cut objects out of images with PPO."""

    algo: str = "ppo"
    """Learning algorithm: ppo, a2c, bc, unet, or one that another installed package offers."""
    batch_size: int = 512
    """Steps in a gradient step."""
    n_epochs: int = 4
    """Passes over the collected steps per update."""
    clip_range: float = 0.2
    """How far an update may move an action's probability, as a ratio."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit.
        """
        super().__post_init__()
        # Advantages are normalised over a gradient step.
        if self.batch_size < 2:
            raise CutOutError(f"batch_size is {self.batch_size}, but must be at least 2.")
        if self.n_envs * self.n_steps < 2:
            raise CutOutError("n_envs times n_steps is 1, but PPO learns from at least 2 steps; raise either.")
        if self.n_epochs < 1:
            raise CutOutError(f"n_epochs is {self.n_epochs}, but must be at least 1.")


class PPO(OnPolicy):
    """PPO as an entry point of `cutout_rl.agents`."""

    config_type = PPOConfig

    def make_model(self, config: OnPolicyConfig, env: VecEnv) -> stable_baselines3.PPO:
        """Make the untrained SB3 model."""
        assert isinstance(config, PPOConfig)
        return stable_baselines3.PPO(
            env=env,
            batch_size=config.batch_size,
            n_epochs=config.n_epochs,
            clip_range=config.clip_range,
            **config.model_kwargs(),
        )
