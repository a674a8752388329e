"""Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.ranges import Count, Range

if TYPE_CHECKING:
    from stable_baselines3 import PPO as SB3PPO
    from stable_baselines3.common.vec_env import VecEnv


@dataclass(frozen=True)
class PPOConfig(OnPolicyConfig):
    """Train an agent to segment objects by drawing strokes, with PPO."""

    algo: AlgorithmName = "ppo"
    batch_size: Annotated[int, Range(2, 10**9)] = 512
    """Steps in a gradient step."""
    n_epochs: Count = 4
    """Passes over the collected steps per update."""
    clip_range: Annotated[float, Range(0, 1, above=True)] = 0.2
    """Clipping range of the probability ratio."""


class PPO(OnPolicy):
    """PPO as an entry point of `cutout_rl.agents`."""

    config_type = PPOConfig

    def make_model(self, config: OnPolicyConfig, env: "VecEnv") -> "SB3PPO":
        """Create the untrained SB3 model."""
        from cutout_rl.agents.algorithms.on_policy_training import model_kwargs
        from cutout_rl.agents.algorithms.threaded_ppo import ThreadedPPO

        assert isinstance(config, PPOConfig)
        return ThreadedPPO(
            env=env,
            batch_size=config.batch_size,
            n_epochs=config.n_epochs,
            clip_range=config.clip_range,
            **model_kwargs(config),
        )
