"""The training loop of behavioural cloning."""

from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import get_device
from torch.nn import functional

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import Dagger
from cutout_rl.agents.algorithms.demonstration_dataset import DemonstrationDataset
from cutout_rl.agents.algorithms.policy_factory import initialise_policy, make_policy, preprocess_for, step_bytes
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch, ReplayBuffer
from cutout_rl.agents.networks.asymmetric_policy import critic_input, exclude_actions
from cutout_rl.agents.training.checkpoint import restoring
from cutout_rl.agents.training.policy_monitor import PolicyMonitor
from cutout_rl.agents.training.seeds import Stream, generator, stream_seed
from cutout_rl.data import DataSource
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.memory import require_memory
from cutout_rl.utils.progress import track

EPISODES_SHOWN: Final = 100  # as many as Stable-Baselines3 averages over


class LabelledSource(Protocol):
    """A source of labelled steps."""

    @property
    def images(self) -> DataSource:
        """The train split."""
        ...

    def next_batch(self, timesteps: int) -> LabelledBatch:
        """Return the next steps, `timesteps` being the number of steps labelled so far."""
        ...

    def label_again(self, history: Any) -> LabelledBatch:
        """Return the steps of an earlier batch, from its history."""
        ...

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state that the next batches depend on."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        ...


def train(config: BCConfig, run: RunFolder) -> None:
    """Train as `cutout_rl.agents.algorithms.bc.BC.train` documents."""
    size = step_bytes(config)
    played = f"A round of {config.n_envs:,} games x {config.step_count:,} moves"
    require_memory(played, config.n_envs * config.step_count * size, "lower --n-envs")
    require_memory(f"A replay buffer of {config.replay:,} steps", config.replay * size, "lower --replay")
    torch.set_num_threads(1)
    torch.manual_seed(stream_seed(config.seed, Stream.WEIGHTS))
    policy = make_policy(config).to(get_device(config.device))
    preprocess = preprocess_for(config, policy)
    monitor = PolicyMonitor(config, run, policy, partial(preprocess_for, config, policy))
    seed = config.seed
    source: LabelledSource = (
        DemonstrationDataset(config, preprocess, seed)
        if config.demonstrations
        else Dagger(config, policy, preprocess, seed)
    )
    if monitor.training is None:
        monitor.prepare(partial(initialise_policy, config, policy, source.images))
    learner = Learner(config, policy, seed)
    episodes: deque[Mapping[str, Any]] = deque(maxlen=EPISODES_SHOWN)
    if monitor.training is not None:
        with restoring(run.last_checkpoint):
            learner.restore(monitor.training["learner"], source)
            source.restore(monitor.training["source"])
            episodes.extend(monitor.training["latest_episodes"])

    def state() -> dict[str, Any]:
        return {"learner": learner.state(), "source": source.state(), "latest_episodes": list(episodes)}

    with monitor:
        while not monitor.is_over():
            monitor.between_rollouts(state())
            done = monitor.share_done()
            batch = source.next_batch(monitor.timesteps)
            timesteps = monitor.timesteps + len(batch.returns)
            for name, loss in learner.learn(batch, done).items():
                monitor.logger.record(f"train/{name}", loss)
            episodes.extend(batch.episodes)
            monitor.after_rollout(timesteps, episodes)
            monitor.logger.dump(timesteps)
        monitor.between_rollouts(state(), is_last=True)


class Learner:
    """Gradient steps on a policy, from a replay buffer of the newest labelled steps."""

    def __init__(self, config: BCConfig, policy: ActorCriticPolicy, seed: int) -> None:
        """Start with an empty buffer; the training's seed draws from it."""
        self._config = config
        self._policy = policy
        self._buffer = ReplayBuffer(config.replay)
        self._rng = generator(seed, Stream.REPLAY)

    def learn(self, batch: LabelledBatch, done: float) -> dict[str, float]:
        """Add new steps to the buffer, and make the gradient steps that are due.

        Args:
            batch: the new steps.
            done: the completed share of the training before these steps, in [0, 1].

        Returns:
            The mean losses by name.
        """
        config, policy = self._config, self._policy
        self._buffer.add(batch)
        policy.set_training_mode(True)
        for group in policy.optimizer.param_groups:
            group["lr"] = config.learning_rate * (1 - done)
        due = max(1, round(len(batch.returns) * config.replay_ratio / config.batch_size))
        losses = np.array([self._step() for _ in range(due)])
        return dict(zip(("cross_entropy", "cost", "value_loss"), losses.mean(axis=0).tolist(), strict=True))

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state beside weights and optimizer."""
        return {"buffer": self._buffer.state(), "draws": self._rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any], source: LabelledSource) -> None:
        """Restore a `state`; the source labels the steps of the replay buffer again, which takes less space than them.

        Raises:
            CutOutError: the images have changed.
        """
        self._buffer.restore(track(state["buffer"], "labelling the replay buffer again"), source.label_again)
        self._rng.bit_generator.state = state["draws"]

    def _step(self) -> list[float]:
        policy, config = self._policy, self._config
        inputs, progress, *labels = self._buffer.sample(config.batch_size, self._rng)
        masks, targets, costs, returns = (torch.as_tensor(array, device=policy.device) for array in labels)
        features = policy.extract_features(critic_input(policy, inputs, progress))
        policy_latent, value_latent = policy.mlp_extractor(features)
        logits = exclude_actions(policy.action_net(policy_latent), masks)
        cross_entropy = functional.cross_entropy(logits, targets)
        cost = (logits.softmax(dim=1) * costs).sum(dim=1).mean()
        value_loss = functional.mse_loss(policy.value_net(value_latent)[:, 0], returns)
        policy.optimizer.zero_grad()
        torch.autograd.backward(cross_entropy + config.cost_coef * cost + config.vf_coef * value_loss)
        torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_grad_norm)
        policy.optimizer.step()
        return [cross_entropy.item(), cost.item(), value_loss.item()]
