"""What PPO and A2C share as entry points of `cutout_rl.agents`."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

if TYPE_CHECKING:
    from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
    from stable_baselines3.common.vec_env import VecEnv


class OnPolicy(PolicyAlgorithm, ABC):
    """An on-policy algorithm of Stable-Baselines3, in the sense of `cutout_rl.runs.algorithms.Algorithm`."""

    config_type: type[OnPolicyConfig] = OnPolicyConfig

    @abstractmethod
    def make_model(self, config: OnPolicyConfig, env: "VecEnv") -> "OnPolicyAlgorithm":
        """Create the untrained SB3 model."""

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train until `config.total_timesteps` or `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        from cutout_rl.agents.algorithms.on_policy_training import train

        assert isinstance(config, self.config_type)
        train(self.make_model, config, run)
