"""The training loop around Stable-Baselines3 that PPO and A2C share."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.agents.networks.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.policy_monitor import PolicyMonitor
from cutout_rl.agents.training.training_state import games_of, restore_training_state, training_state
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


class OnPolicy(PolicyAlgorithm, ABC):
    """An SB3 on-policy algorithm as `cutout_rl.runs.algorithms.Algorithm` asks for it."""

    config_type: type[OnPolicyConfig] = OnPolicyConfig

    @abstractmethod
    def make_model(self, config: OnPolicyConfig, env: VecEnv) -> OnPolicyAlgorithm:
        """Make the untrained SB3 model."""

    def make_model_with_games(self, config: OnPolicyConfig, threads: int | None = None) -> OnPolicyAlgorithm:
        """Make the untrained SB3 model and the games it plays; `threads` as in `CutOutVecEnv`."""
        env = config.make_env(threads)
        model = self.make_model(config, env)
        assert isinstance(model.policy, ActorCriticPolicy)
        if isinstance(env, AsymmetricVecEnv):
            env.preprocess = config.preprocess_for(model.policy)
        return model

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps` or for `config.minutes`, going on from the run's checkpoint if any.

        Raises:
            CutOutError: the images cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, self.config_type)
        # The network is too small for a second thread to pay, and idle torch threads spin against those of the games.
        torch.set_num_threads(1)
        model = self.make_model_with_games(config)
        assert isinstance(model.policy, ActorCriticPolicy)
        monitor = PolicyMonitor(config, run, model.policy)
        if monitor.training is not None:
            restore_training_state(model, monitor.training)
        monitor.prepare_policy(games_of(model).images)
        remaining = config.total_timesteps - monitor.timesteps
        with monitor:
            model.learn(remaining, callback=_Reports(monitor, config.ent_coef), reset_num_timesteps=False)


class _Reports(BaseCallback):
    """Tells the monitor what SB3 tells its callbacks; lets the entropy bonus fall, for which SB3 has no schedule."""

    def __init__(self, monitor: PolicyMonitor, ent_coef: float) -> None:
        super().__init__()
        self._monitor = monitor
        self._ent_coef = ent_coef
        self._is_over = False

    def _on_training_start(self) -> None:
        self.model.set_logger(self._monitor.logger)

    def _on_rollout_start(self) -> None:
        self._is_over = self._monitor.is_over()
        self._monitor.between_rollouts(self._state(), self._is_over)

    def _on_step(self) -> bool:
        return not self._is_over  # SB3 ends after a step alone; nobody learns from this one

    def _on_rollout_end(self) -> None:
        assert isinstance(self.model, OnPolicyAlgorithm)
        self.model.ent_coef = self._ent_coef * (1 - self.num_timesteps / self.model._total_timesteps)
        self._monitor.after_rollout(self.num_timesteps, self.model.ep_info_buffer or ())

    def _on_training_end(self) -> None:
        if not self._is_over:
            self._monitor.between_rollouts(self._state(), is_last=True)

    def _state(self) -> dict[str, Any]:
        assert isinstance(self.model, OnPolicyAlgorithm)
        return training_state(self.model)
