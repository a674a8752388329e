"""Behavioural cloning, of a expert that labels what the learner does (DAgger) or of recorded demonstrations."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import get_device
from torch.nn import functional

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import Dagger
from cutout_rl.agents.algorithms.demonstration_data import Recorded
from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.agents.algorithms.replay import LabelledSteps, Replay
from cutout_rl.agents.networks.asymmetric_policy import critic_input
from cutout_rl.agents.training.policy_monitor import PolicyMonitor
from cutout_rl.data import DataSource
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

EPISODES_SHOWN: Final = 100  # as many as Stable-Baselines3 averages over


class Source(Protocol):
    """Where labelled steps come from."""

    @property
    def images(self) -> DataSource:
        """The train split."""
        ...

    def next_steps(self, timesteps: int) -> LabelledSteps:
        """Give the next ones, after so many."""
        ...


class BC(PolicyAlgorithm):
    """Cloning as an entry point of `cutout_rl.agents`.

    The policy's loss is the cross-entropy of its probabilities under the expert's, and what its moves are expected to
    cost by the expert's values, as in AggreVaTeD (Sun et al., ICML 2017): the cross-entropy alone would have a learner
    that cannot tell make the move that is most often best, however much it spoils otherwise. The value learns the
    return, so that PPO can go on from both (`--algo ppo --init RUN`).
    """

    config_type = BCConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps` labelled steps or for `config.minutes`, going on from any checkpoint.

        Raises:
            CutOutError: the images or the demonstrations cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, BCConfig)
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        policy = config.make_policy().to(get_device(config.device))
        monitor = PolicyMonitor(config, run, policy)
        seed = config.seed + monitor.timesteps  # other games than the ones already played
        source: Source = (
            Recorded(config, config.preprocess_for(policy), seed)
            if config.demonstrations
            else Dagger(config, policy, seed)
        )
        monitor.prepare_policy(source.images)
        learner = Learner(config, policy, seed)
        episodes: deque[Mapping[str, Any]] = deque(maxlen=EPISODES_SHOWN)
        with monitor:
            while not monitor.is_over():
                monitor.between_rollouts({})
                steps = source.next_steps(monitor.timesteps)
                timesteps = monitor.timesteps + len(steps.returns)
                for name, loss in learner.learn(steps, timesteps).items():
                    monitor.logger.record(f"train/{name}", loss)
                episodes.extend(steps.episodes)
                monitor.after_rollout(timesteps, episodes)
                monitor.logger.dump(timesteps)
            monitor.between_rollouts({}, is_last=True)


class Learner:
    """Fits a policy to the newest labelled steps."""

    def __init__(self, config: BCConfig, policy: ActorCriticPolicy, seed: int) -> None:
        """Start with nothing to learn from; the seed draws the gradient steps."""
        self._config = config
        self._policy = policy
        self._replay = Replay(config.replay)
        self._rng = np.random.default_rng(seed)

    def learn(self, steps: LabelledSteps, timesteps: int) -> dict[str, float]:
        """Take in new steps, the last of which is number `timesteps`, and make the gradient steps that are due.

        Returns:
            The mean losses by name.
        """
        config, policy = self._config, self._policy
        self._replay.add(steps)
        policy.set_training_mode(True)
        for group in policy.optimizer.param_groups:
            group["lr"] = config.learning_rate * max(0.0, 1 - timesteps / config.total_timesteps)
        due = max(1, round(len(steps.returns) * config.replay_ratio / config.batch_size))
        losses = np.array([self._step() for _ in range(due)])
        return dict(zip(("cross_entropy", "cost", "value_loss"), losses.mean(axis=0).tolist(), strict=True))

    def _step(self) -> list[float]:
        policy, config = self._policy, self._config
        drawn = self._replay.sample(config.batch_size, self._rng)
        views, progress, *lessons = drawn
        targets, costs, returns = (torch.as_tensor(array, device=policy.device) for array in lessons)
        features = policy.extract_features(critic_input(policy, views, progress))
        policy_latent, value_latent = policy.mlp_extractor(features)
        logits = policy.action_net(policy_latent)
        cross_entropy = functional.cross_entropy(logits, targets)
        cost = (logits.softmax(dim=1) * costs).sum(dim=1).mean()
        value_loss = functional.mse_loss(policy.value_net(value_latent)[:, 0], returns)
        policy.optimizer.zero_grad()
        torch.autograd.backward(cross_entropy + config.cost_coef * cost + config.vf_coef * value_loss)
        torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_grad_norm)
        policy.optimizer.step()
        return [cross_entropy.item(), cost.item(), value_loss.item()]
