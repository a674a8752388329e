"""The training loop around Stable-Baselines3 that PPO and A2C share."""

from abc import ABC, abstractmethod

import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import get_device
from stable_baselines3.common.vec_env import VecEnv

from agents.checkpoint import load_checkpoint
from agents.monitor import TrainingMonitor
from agents.on_policy_config import OnPolicyConfig
from agents.policy_player import PolicyPlayer
from agents.training_state import restore_training_state
from cutout_rl.errors import CutOutError
from cutout_rl.run_folder import RunFolder
from cutout_rl.train_config import TrainConfig


class OnPolicy(ABC):
    """An SB3 on-policy algorithm as `cutout_rl.algorithms.Algorithm` asks for it."""

    config_type: type[OnPolicyConfig] = OnPolicyConfig

    @abstractmethod
    def make_model(self, config: OnPolicyConfig, env: VecEnv) -> OnPolicyAlgorithm:
        """Make the untrained SB3 model."""

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps`, going on from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images cannot be used, or the checkpoint cannot be read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, self.config_type)
        # The network is too small for a second thread to pay, and idle torch threads spin against those of the games.
        torch.set_num_threads(1)
        model = self.make_model(config, config.make_env())
        monitor = TrainingMonitor(config, run)
        if run.last_checkpoint.exists():
            record = load_checkpoint(run.last_checkpoint, model.policy, model.policy.optimizer)
            if record.get("config") != config.fixed():
                raise CutOutError(
                    f"The checkpoint {run.last_checkpoint} belongs to a run of other settings than run.json has, or"
                    " holds weights alone; restore the run's own or train again."
                )
            restore_training_state(model, record["training"], config.look)
            monitor.restore(record)
        else:
            run.rewind({})
        remaining = config.total_timesteps - model.num_timesteps
        if remaining > 0:
            with monitor:
                model.learn(remaining, callback=monitor, reset_num_timesteps=False)

    def load_player(self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str) -> PolicyPlayer:
        """Load what a run has learnt; see `cutout_rl.algorithms.Algorithm`."""
        assert isinstance(config, self.config_type)
        policy = config.make_policy().to(get_device(device))
        load_checkpoint(run.best_checkpoint, policy)
        return PolicyPlayer(policy, config.look, config.algo, deterministic)
