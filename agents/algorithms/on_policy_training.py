"""The training loop of PPO and A2C, by Stable-Baselines3."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import ConstantSchedule, set_random_seed
from stable_baselines3.common.vec_env import VecEnv

from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.policy_factory import (
    actor_space,
    initialise_policy,
    policy_kwargs,
    preprocess_for,
    step_bytes,
)
from cutout_rl.agents.algorithms.prior_refinement import PriorRefinement
from cutout_rl.agents.networks.asymmetric_policy import AsymmetricPolicy
from cutout_rl.agents.training.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.checkpoint import load_extra_tensors, restoring
from cutout_rl.agents.training.policy_monitor import PolicyMonitor
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.agents.training.seeds import Stream, game_seeds, stream_seed
from cutout_rl.agents.training.training_state import games_of, restore_training_state, training_state
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.memory import require_memory

MakeModel = Callable[[OnPolicyConfig, VecEnv], OnPolicyAlgorithm]


def train(make: MakeModel, config: OnPolicyConfig, run: RunFolder) -> None:
    """Train the model that `make` creates; see `cutout_rl.agents.algorithms.on_policy.OnPolicy.train`."""
    require_rollout_memory(config)
    # The network is too small to gain from a second thread, and idle torch threads compete with those of the games.
    torch.set_num_threads(1)
    model = make_model_with_games(make, config)
    policy = model.policy
    assert isinstance(policy, ActorCriticPolicy)
    monitor = PolicyMonitor(config, run, policy, partial(preprocess_for, config, policy))
    refinement = PriorRefinement(config, model) if config.learns_prior_from_reward else None
    if monitor.training is None:
        games = games_of(model)
        learner = monitor.prepare(partial(initialise_policy, config, policy, games.images, games))
        games.seed_each(game_seeds(config.seed, config.n_envs))  # they may have played random strokes
        if refinement is not None and learner is not None:
            refinement.start(learner)
    else:
        with restoring(run.last_checkpoint):
            if refinement is not None:
                refinement.learner.restore(load_extra_tensors(run.last_checkpoint))
            restore_training_state(model, monitor.training)
    if refinement is not None:
        monitor.extra = refinement.learner.tensors
    remaining = config.total_timesteps - monitor.timesteps
    callback = _MonitorCallback(monitor, config, refinement)
    with monitor:
        model.learn(remaining, callback=callback, reset_num_timesteps=False)


def require_rollout_memory(config: OnPolicyConfig) -> None:
    """Check that a rollout fits into memory.

    Raises:
        CutOutError: it does not.
    """
    n_bytes = config.n_envs * config.n_steps * step_bytes(config)
    what = f"A rollout of {config.n_envs:,} games x {config.n_steps:,} steps"
    require_memory(what, n_bytes, "lower --n-envs or --n-steps")


def make_model_with_games(make: MakeModel, config: OnPolicyConfig, threads: int | None = None) -> OnPolicyAlgorithm:
    """Create the untrained model and its games; `threads` as in `CutOutVecEnv`."""
    env = make_vec_env(config, threads)
    model = make(config, env)
    assert isinstance(model.policy, ActorCriticPolicy)
    env.preprocess = preprocess_for(config, model.policy)
    games_of(model).seed_each(game_seeds(config.seed, config.n_envs))
    set_random_seed(stream_seed(config.seed, Stream.MOVES))  # of sampled moves and minibatches
    return model


def make_vec_env(config: OnPolicyConfig, threads: int | None = None) -> AsymmetricVecEnv:
    """Create the training games with the policy's observations; `threads` as in `CutOutVecEnv`."""
    games = CutOutVecEnv(config.n_envs, threads, **asdict(config.game_config()))
    return AsymmetricVecEnv(games, actor_space(config))


def model_kwargs(config: OnPolicyConfig) -> dict[str, Any]:
    """Return the arguments that SB3's PPO and A2C share."""
    return {
        "policy": AsymmetricPolicy,
        "policy_kwargs": policy_kwargs(config),
        "learning_rate": lambda remaining: config.learning_rate * max(0.0, remaining),
        "n_steps": config.n_steps,
        "gamma": config.gamma,
        "gae_lambda": config.gae_lambda,
        "ent_coef": config.ent_coef,
        "vf_coef": config.vf_coef,
        "max_grad_norm": config.max_grad_norm,
        "seed": stream_seed(config.seed, Stream.WEIGHTS),
        "device": config.device,
    }


class _MonitorCallback(BaseCallback):
    """Passes SB3's events to the monitor, and lets learning rate and entropy bonus decay.

    SB3 schedules neither by time nor the bonus at all. Both depend on the share of the training that is done before the
    rollout, so that even a training of one update learns.
    """

    def __init__(self, monitor: PolicyMonitor, config: OnPolicyConfig, refinement: PriorRefinement | None) -> None:
        super().__init__()
        self._monitor = monitor
        self._config = config
        self._refinement = refinement
        self._is_over = False

    def _on_training_start(self) -> None:
        self.model.set_logger(self._monitor.logger)

    def _on_rollout_start(self) -> None:
        self._is_over = self._monitor.is_over()
        self._monitor.between_rollouts(self._state(), self._is_over)
        assert isinstance(self.model, OnPolicyAlgorithm)
        left = 1 - self._monitor.share_done()
        self.model.lr_schedule = ConstantSchedule(self._config.learning_rate * left)
        self.model.ent_coef = self._config.ent_coef * left

    def _on_step(self) -> bool:
        return not self._is_over  # SB3 can stop only after a step; this one is discarded

    def _on_rollout_end(self) -> None:
        if self._refinement is not None:
            loss = self._refinement.refine(self._monitor.timesteps, self.num_timesteps, self._monitor.share_done())
            if loss is not None:
                self._monitor.logger.record("train/prior_loss", loss)
        self._monitor.after_rollout(self.num_timesteps, self.model.ep_info_buffer or ())

    def _on_training_end(self) -> None:
        if not self._is_over:
            self._monitor.between_rollouts(self._state(), is_last=True)

    def _state(self) -> dict[str, Any]:
        assert isinstance(self.model, OnPolicyAlgorithm)
        return training_state(self.model)
