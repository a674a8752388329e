"""The flags of every algorithm that trains the actor-critic policy, and the policy that follows from them."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from stable_baselines3.common.vec_env import VecTransposeImage
from torch import nn

from agents.mapped_views import MappedViews
from agents.network import MappedViewNetwork, PenViewNetwork
from agents.object_net import fit_object_net
from agents.pen_views import MAPPED_VIEW_SPACE, VIEW_SPACE, Look, pen_views
from cutout_rl.errors import CutOutError
from cutout_rl.train_config import TrainConfig

Network = Literal["views", "mapped", "nature"]
_FEATURES: Final[dict[Network, type[BaseFeaturesExtractor]]] = {
    "views": PenViewNetwork,
    "mapped": MappedViewNetwork,
    "nature": NatureCNN,
}


@dataclass(frozen=True)
class PolicyConfig(TrainConfig):
    """Train an agent to cut objects out of images."""

    network: Network = "mapped"
    """views: looks from where the pens are, at three scales. mapped: looks at a guess of where the object is too, which
    a network learns first from the masks of the train split. nature: the stock CNN of Stable-Baselines3."""
    map_images: int = 3000
    """Images that the network 'mapped' learns its guess from."""
    map_steps: int = 1000
    """Gradient steps, of 24 images, that it learns its guess in."""
    init: str | None = None
    """Folder of a run with the same network, whose best weights to start from."""
    learning_rate: float = 5e-4
    """Step size of the optimizer."""
    gamma: float = 0.97
    """Discount of later rewards."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    max_grad_norm: float = 0.5
    """Longest gradient that is not cut."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit.
        """
        self.settings()
        if self.network != "nature" and self.observation != "layers":
            raise CutOutError(
                f"The network '{self.network}' finds the pens by the heads marked in their layers, which the"
                f" observation '{self.observation}' lacks; add --network nature."
            )
        if self.network == "nature" and self.observation_size < 36:
            raise CutOutError(
                f"observation_size is {self.observation_size}, but the network 'nature' needs at least 36."
            )
        at_least_one = (
            "n_envs",
            "total_timesteps",
            "eval_every",
            "eval_images",
            "checkpoint_every",
            "map_images",
            "map_steps",
        )
        self.require_at_least({**dict.fromkeys(at_least_one, 1), "seed": 0, "test_images": 0})
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CutOutError("device is cuda, but torch finds no GPU here; take --device cpu or auto.")
        if not self.learning_rate > 0:
            raise CutOutError(f"learning_rate is {self.learning_rate}, but must be above 0.")

    def require_at_least(self, least: dict[str, int]) -> None:
        """Check fields against their least values.

        Raises:
            CutOutError: a field is below its least value.
        """
        for name, value in least.items():
            if getattr(self, name) < value:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least {value}.")

    def policy_kwargs(self) -> dict[str, Any]:
        """Give the arguments of SB3's `ActorCriticPolicy`."""
        return {
            "features_extractor_class": _FEATURES[self.network],
            "net_arch": [128],
            "activation_fn": nn.ReLU,
        }

    def look_of(self, policy: ActorCriticPolicy) -> Look:
        """Give what turns (N, S, S, C) observations of the game into what the policy takes."""
        if self.network == "nature":
            return _channels_first
        extractor = policy.features_extractor
        return MappedViews(extractor.object_net) if isinstance(extractor, MappedViewNetwork) else pen_views

    def prepare(self, policy: ActorCriticPolicy) -> None:
        """Teach a new policy what it learns before it plays.

        Raises:
            CutOutError: the images cannot be used.
        """
        if isinstance(policy.features_extractor, MappedViewNetwork):
            source = self.settings().open_source()
            fit_object_net(policy.features_extractor.object_net, source, self.map_images, self.map_steps, self.seed)

    def view_space(self) -> spaces.Box:
        """Give the space of what the policy takes."""
        if self.network == "nature":
            space = VecTransposeImage.transpose_space(self.settings().observer().space)
            assert isinstance(space, spaces.Box)
            return space
        return MAPPED_VIEW_SPACE if self.network == "mapped" else VIEW_SPACE

    def make_policy(self) -> ActorCriticPolicy:
        """Make an untrained policy without an environment, on the CPU."""
        actions = spaces.Discrete(self.settings().rules().n_actions)
        return ActorCriticPolicy(self.view_space(), actions, lambda _: self.learning_rate, **self.policy_kwargs())


def _channels_first(observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    channels_first: NDArray[np.uint8] = observations.transpose(0, 3, 1, 2)
    return channels_first
