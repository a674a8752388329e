"""A policy whose critic has inputs that the actor lacks."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, create_mlp
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import Tensor, nn

from cutout_rl.game.game import Game

N_PROGRESS: Final = 2  # IoU, share of the steps left
_EXCLUDED: Final = -1e8  # logit of an action of probability 0; minus infinity would make the entropy NaN


def progress_of(games: Sequence[Game]) -> NDArray[np.float32]:
    """Return the progress of games: (N, 2) float32 in [0, 1], the current IoU and the share of the steps left.

    The IoU is 0 before the first cut.
    """
    return np.array([(game.iou or 0, game.moves_left) for game in games], np.float32)


def asymmetric_space(actor: spaces.Box) -> spaces.Dict:
    """Return the policy's observation space: the actor's input, crops or images, and the progress for the critic."""
    return spaces.Dict({"actor": actor, "progress": spaces.Box(0, 1, (N_PROGRESS,), np.float32)})


def critic_input(policy: ActorCriticPolicy, inputs: NDArray[np.uint8], progress: NDArray[np.float32]) -> PyTorchObs:
    """Return the critic's input, on the policy's device: the actor's inputs, with the progress if it is asymmetric."""
    tensor = torch.as_tensor(inputs, device=policy.device)
    if isinstance(policy, AsymmetricPolicy):
        return {"actor": tensor, "progress": torch.as_tensor(progress, device=policy.device)}
    return tensor


def exclude_actions(logits: Tensor, mask: Tensor) -> Tensor:
    """Return (B, actions) logits in which actions whose (B, actions) mask is 0 have a probability of 0."""
    return logits.masked_fill(mask == 0, _EXCLUDED)


class AsymmetricPolicy(ActorCriticPolicy):
    """An actor, and a critic that also receives the IoU and the share of the steps left.

    The remaining gain of an episode depends on its current IoU, which the agent does not observe. The critic is used in
    training only, so it may (asymmetric actor-critic; Pinto et al., RSS 2018); better values make the advantages less
    noisy.

    Observations are dictionaries of `crops`, the actor's input, (B, 2, 24, 24, channels) uint8 or, for the network
    "nature", the whole (B, channels, S, S) uint8 observation, and `progress`, (B, 2) float32 (`progress_of`). Where
    they hold a `mask` too, (B, actions), 0 excludes an action (`Game.action_mask`). `net_arch` is a dictionary of the
    layers' widths: `pi` of the actor, `vf` of the critic.
    """

    def forward(self, obs: PyTorchObs, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Choose actions; return them, the values of the states, and the actions' log probabilities."""
        log_probabilities, values = self._evaluate(obs)
        if deterministic:
            actions = log_probabilities.argmax(dim=1)
        else:
            actions = torch.multinomial(log_probabilities.exp(), 1)[:, 0]
        return actions, values, _of(actions, log_probabilities)

    def evaluate_actions(self, obs: PyTorchObs, actions: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Compute the values of the states, the actions' log probabilities, and the entropy."""
        log_probabilities, values = self._evaluate(obs)
        entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
        return values, _of(actions, log_probabilities), entropy

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Compute the action distribution, from an observation or from the crops alone."""
        if isinstance(obs, Tensor):
            obs = {"actor": obs, "progress": torch.zeros((len(obs), N_PROGRESS), device=obs.device)}
        assert isinstance(self.action_dist, CategoricalDistribution)
        latent = self.mlp_extractor.forward_actor(self.extract_features(obs))
        return self.action_dist.proba_distribution(action_logits=self._logits(latent, obs))

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Compute the (B, 1) values of the states."""
        values: Tensor = self.value_net(self.mlp_extractor.forward_critic(self.extract_features(obs)))
        return values

    def extract_features(self, obs: PyTorchObs, features_extractor: BaseFeaturesExtractor | None = None) -> Tensor:
        """Compute the features, from uint8; SB3 would first convert whole batches, which takes a fifth of an update."""
        features: Tensor = (features_extractor or self.features_extractor)(obs)
        return features

    def _evaluate(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        # Without SB3's distribution, which the policy holds, several threads may evaluate actions at once.
        actor_latent, critic_latent = self.mlp_extractor(self.extract_features(obs))
        return self._logits(actor_latent, obs).log_softmax(dim=1), self.value_net(critic_latent)

    def _logits(self, actor_latent: Tensor, obs: PyTorchObs) -> Tensor:
        logits: Tensor = self.action_net(actor_latent)
        return exclude_actions(logits, obs["mask"]) if isinstance(obs, dict) and "mask" in obs else logits

    def _build_mlp_extractor(self) -> None:
        assert isinstance(self.net_arch, dict)
        n_actor = getattr(self.features_extractor, "n_actor", self.features_dim - N_PROGRESS)
        self.mlp_extractor = _ActorAndCritic(self.features_dim, n_actor, self.net_arch, self.activation_fn)  # type: ignore[assignment]


def _of(actions: Tensor, log_probabilities: Tensor) -> Tensor:
    """Return the log probabilities, (B,), of (B,) actions."""
    return log_probabilities.gather(1, actions.long()[:, None])[:, 0]


class _ActorAndCritic(nn.Module):
    """The layers after the features: the actor's features come first, the progress last.

    The critic's features lie between them, or are the actor's where there are none.
    """

    def __init__(
        self, features_dim: int, n_actor: int, net_arch: dict[str, list[int]], activation_fn: type[nn.Module]
    ) -> None:
        super().__init__()
        self._n_actor = n_actor
        self._critic_from = n_actor if features_dim > n_actor + N_PROGRESS else 0
        self._actor = nn.Sequential(*create_mlp(n_actor, -1, net_arch["pi"], activation_fn))
        n_critic = features_dim - self._critic_from
        self._critic = nn.Sequential(*create_mlp(n_critic, -1, net_arch["vf"], activation_fn))
        self.latent_dim_pi, self.latent_dim_vf = net_arch["pi"][-1], net_arch["vf"][-1]  # SB3 reads them

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        latent: Tensor = self._actor(features[:, : self._n_actor])
        return latent

    def forward_critic(self, features: Tensor) -> Tensor:
        latent: Tensor = self._critic(features[:, self._critic_from :])
        return latent
