"""Stable-Baselines3's PPO with gradient steps on all cores."""

from functools import partial
from typing import Final, NamedTuple

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.utils import explained_variance
from torch import Tensor

from cutout_rl.utils.threads import map_parallel

_PART: Final = 256  # steps whose gradient one thread computes at a time; their activations fit into its cache
_LOSSES: Final = ("policy_gradient_loss", "value_loss", "entropy_loss", "approx_kl", "clip_fraction")


class _Rollout(NamedTuple):
    """The steps of a rollout, or of a part of one.

    Attributes:
        observations: of the policy, a (N, ...) tensor for each part.
        actions: (N,) int64.
        log_probabilities: (N,) float32, of the actions when they were chosen.
        advantages: (N,) float32.
        returns: (N,) float32.
    """

    observations: dict[str, Tensor]
    actions: Tensor
    log_probabilities: Tensor
    advantages: Tensor
    returns: Tensor

    def take(self, which: Tensor) -> "_Rollout":
        observations = {name: tensor.index_select(0, which) for name, tensor in self.observations.items()}
        return _Rollout(observations, *(tensor.index_select(0, which) for tensor in self[1:]))


class ThreadedPPO(PPO):
    """PPO whose gradient steps are computed in parts, on all cores.

    The parts and the order of their sum are the same on any number of cores, and so are the results. The observations
    are dictionaries.
    """

    def train(self) -> None:
        """Learn from the rollout."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        rollout, n = self._rollout(), self.n_steps * self.n_envs
        clip_range = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        losses = []
        for _ in range(self.n_epochs):
            # NumPy's global generator, as in SB3, whose state a checkpoint holds
            order = torch.as_tensor(np.random.permutation(n))  # noqa: NPY002
            losses += [self._step(rollout, which, clip_range) for which in torch.split(order, self.batch_size)]
        self._n_updates += self.n_epochs
        for name, loss in zip(_LOSSES, torch.stack(losses).mean(dim=0).tolist(), strict=True):
            self.logger.record(f"train/{name}", loss)
        buffer = self.rollout_buffer
        explained = explained_variance(buffer.values.flatten(), buffer.returns.flatten())
        self.logger.record("train/explained_variance", explained)

    def _rollout(self) -> _Rollout:
        """Return the rollout without a copy."""
        buffer = self.rollout_buffer
        assert isinstance(buffer, DictRolloutBuffer)
        actions = torch.as_tensor(buffer.actions).flatten().long()
        arrays = (buffer.log_probs, buffer.advantages, buffer.returns)
        observations = {name: torch.as_tensor(array).flatten(0, 1) for name, array in buffer.observations.items()}
        return _Rollout(observations, actions, *(torch.as_tensor(array).flatten() for array in arrays))

    def _step(self, rollout: _Rollout, which: Tensor, clip_range: float) -> Tensor:
        """Make a gradient step on some of the steps; return the `_LOSSES`."""
        advantages = rollout.advantages[which]
        mean, deviation = torch.zeros(()), torch.ones(())
        if len(which) > 1:  # as in SB3; a single step, which may be the rest of a rollout, has no standard deviation
            mean, deviation = advantages.mean(), advantages.std() + 1e-8
        # On a GPU the parts would wait for each other.
        parts = torch.split(which, _PART if self.device.type == "cpu" else len(which))
        results = map_parallel(partial(self._gradient, rollout, mean, deviation, clip_range, len(which)), parts)
        self.policy.optimizer.zero_grad()  # the object prior, which is frozen, still has those of its own training
        weights = self._weights()
        gradients = [gradient for gradient, _ in results]
        for weight, *shares in zip(weights, *gradients, strict=True):
            weight.grad = torch.stack(shares).sum(dim=0)  # contiguous, as Adam's fused kernel needs it
        torch.nn.utils.clip_grad_norm_(weights, self.max_grad_norm, foreach=True)
        self.policy.optimizer.step()
        return torch.stack([losses for _, losses in results]).sum(dim=0)

    def _gradient(
        self, rollout: _Rollout, mean: Tensor, deviation: Tensor, clip_range: float, n: int, which: Tensor
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return the share of a part's gradient and `_LOSSES` in those of a batch of `n` steps."""
        part = rollout.take(which)
        observations = {name: tensor.to(self.device) for name, tensor in part.observations.items()}
        actions, log_probabilities, advantages, returns = (tensor.to(self.device) for tensor in part[1:])
        values, chosen, entropy = self.policy.evaluate_actions(observations, actions)
        assert entropy is not None
        advantages = (advantages - mean.to(self.device)) / deviation.to(self.device)
        log_ratio = chosen - log_probabilities
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - clip_range, 1 + clip_range)
        policy_loss = -torch.min(advantages * ratio, advantages * clipped).sum() / n
        value_loss = (returns - values[:, 0]).square().sum() / n
        entropy_loss = -entropy.sum() / n
        loss = policy_loss + self.ent_coef * entropy_loss + self.vf_coef * value_loss
        gradient = torch.autograd.grad(loss, self._weights())
        with torch.no_grad():
            divergence = (ratio - 1 - log_ratio).sum() / n
            share_clipped = (ratio != clipped).sum() / n
        losses = torch.stack([policy_loss, value_loss, entropy_loss, divergence, share_clipped])
        return gradient, losses.detach().cpu()

    def _weights(self) -> list[torch.nn.Parameter]:
        return [weight for weight in self.policy.parameters() if weight.requires_grad]
