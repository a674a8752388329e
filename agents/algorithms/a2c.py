"""Advantage actor-critic (Mnih et al., ICML 2016), by Stable-Baselines3."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.ranges import Count, LearningRate, Share

if TYPE_CHECKING:
    from stable_baselines3 import A2C as SB3A2C
    from stable_baselines3.common.vec_env import VecEnv


@dataclass(frozen=True)
class A2CConfig(OnPolicyConfig):
    """Train an agent to segment objects by drawing strokes, with A2C."""

    algo: AlgorithmName = "a2c"
    n_steps: Count = 5
    """Steps per game between two updates."""
    n_envs: Count = 16
    """Games played in parallel."""
    learning_rate: LearningRate = 3e-4
    """Initial learning rate; it decays linearly to 0."""
    gae_lambda: Share = 0.9
    """Bias-variance trade-off of the advantages (Schulman et al., ICLR 2016)."""


class A2C(OnPolicy):
    """A2C as an entry point of `cutout_rl.agents`."""

    config_type = A2CConfig

    def make_model(self, config: OnPolicyConfig, env: "VecEnv") -> "SB3A2C":
        """Create the untrained SB3 model."""
        from stable_baselines3 import A2C as SB3A2C

        from cutout_rl.agents.algorithms.on_policy_training import model_kwargs

        # Changes of the IoU are of the order of 0.01, so unscaled advantages would be dwarfed by the entropy bonus.
        # With RMSprop, the paper's choice, one run of three lost 0.28 IoU in its last strokes; with Adam the worst of
        # five lost 0.12.
        return SB3A2C(env=env, normalize_advantage=True, use_rms_prop=False, **model_kwargs(config))
