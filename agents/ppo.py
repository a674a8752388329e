"""Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3."""

from dataclasses import dataclass

import stable_baselines3
from stable_baselines3.common.vec_env import VecTransposeImage

from agents.on_policy import OnPolicy, OnPolicyConfig


@dataclass(frozen=True)
class PPOConfig(OnPolicyConfig):
    """Train an agent to cut objects out of images with PPO."""

    algo: str = "ppo"
    """Learning algorithm: ppo, a2c, or one that another installed package offers."""
    batch_size: int = 512
    """Steps in a gradient step."""
    n_epochs: int = 4
    """Passes over the collected steps per update."""
    clip_range: float = 0.2
    """How far an update may move an action's probability, as a ratio."""


class PPO(OnPolicy):
    """PPO as an entry point of `cutout_rl.agents`."""

    config_type = PPOConfig

    def make_model(self, config: OnPolicyConfig, env: VecTransposeImage) -> stable_baselines3.PPO:
        """Make the untrained SB3 model."""
        assert isinstance(config, PPOConfig)
        return stable_baselines3.PPO(
            env=env,
            batch_size=config.batch_size,
            n_epochs=config.n_epochs,
            clip_range=config.clip_range,
            **config.model_kwargs(),
        )
