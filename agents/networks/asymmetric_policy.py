"""A policy whose critic is told what its actor cannot see."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.distributions import Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import Tensor, nn

from cutout_rl.game.game import Game

N_PROGRESS: Final = 2  # IoU, share of the moves left


def progress_of(games: Sequence[Game]) -> NDArray[np.float32]:
    """Tell how far games are: (N, 2) float32 in [0, 1], the newest mask's IoU and the share of the moves left.

    The IoU is 0 before the first cut.
    """
    return np.array([(game.iou or 0, 1 - game.step_count / game.rules.step_count) for game in games], np.float32)


def asymmetric_space(views: spaces.Box) -> spaces.Dict:
    """Put what the critic alone is told beside the space of the views."""
    return spaces.Dict({"views": views, "progress": spaces.Box(0, 1, (N_PROGRESS,), np.float32)})


def critic_input(policy: ActorCriticPolicy, views: NDArray[np.uint8], progress: NDArray[np.float32]) -> PyTorchObs:
    """Give a policy's critic, on its device, what it takes: the progress beside the views if it is asymmetric."""
    seen = torch.as_tensor(views, device=policy.device)
    if isinstance(policy, AsymmetricPolicy):
        return {"views": seen, "progress": torch.as_tensor(progress, device=policy.device)}
    return seen


class AsymmetricPolicy(ActorCriticPolicy):
    """Chooses moves from the pens' views; values states by the views, the IoU and the moves left.

    What an episode will still gain hangs on the IoU that it has, which an agent is never shown. The critic is not asked
    at play, so it may know it (Pinto et al., Asymmetric Actor Critic, RSS 2018). In training, a better value makes the
    advantages less noisy.

    Takes a dictionary of `crops`, (B, 2, 24, 24, channels) uint8, and `progress`, (B, 2) float32 (`progress_of`). Its
    `net_arch` is a dictionary of the widths of the layers: of the actor, `pi`, and of the critic, `vf`.
    """

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Compute how likely every action is; the views alone will do."""
        if isinstance(obs, Tensor):
            obs = {"views": obs, "progress": torch.zeros((len(obs), N_PROGRESS), device=obs.device)}
        return super().get_distribution(obs)

    def _build_mlp_extractor(self) -> None:
        assert isinstance(self.net_arch, dict)
        self.mlp_extractor = _ActorAndCritic(self.features_dim, self.net_arch, self.activation_fn)  # type: ignore[assignment]


class _ActorAndCritic(nn.Module):
    def __init__(self, features_dim: int, net_arch: dict[str, list[int]], activation_fn: type[nn.Module]) -> None:
        super().__init__()
        self._actor = nn.Sequential(*create_mlp(features_dim - N_PROGRESS, -1, net_arch["pi"], activation_fn))
        self._critic = nn.Sequential(*create_mlp(features_dim, -1, net_arch["vf"], activation_fn))
        self.latent_dim_pi, self.latent_dim_vf = net_arch["pi"][-1], net_arch["vf"][-1]  # SB3 reads them

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        latent: Tensor = self._actor(features[:, :-N_PROGRESS])
        return latent

    def forward_critic(self, features: Tensor) -> Tensor:
        latent: Tensor = self._critic(features)
        return latent
