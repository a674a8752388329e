"""The flags of every algorithm that trains the actor-critic policy, and the policy that follows from them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from stable_baselines3.common.vec_env import VecTransposeImage
from torch import nn

from cutout_rl.agents.networks.asymmetric_policy import AsymmetricPolicy, asymmetric_space
from cutout_rl.agents.networks.crop_network import CropNetwork, PriorCropNetwork
from cutout_rl.agents.networks.egocentric_crops import Preprocess, egocentric_crops, view_space
from cutout_rl.agents.networks.object_prior import PriorCrops
from cutout_rl.agents.networks.object_prior_net import Augmentation, fit_prior
from cutout_rl.agents.training.checkpoint import load_checkpoint
from cutout_rl.data import DataSource
from cutout_rl.runs.pretrained import find_run
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.errors import CutOutError

Network = Literal["crops", "prior", "nature"]
_FEATURES: Final[dict[Network, type[BaseFeaturesExtractor]]] = {
    "crops": CropNetwork,
    "prior": PriorCropNetwork,
    "nature": NatureCNN,
}


@dataclass(frozen=True)
class PolicyConfig(TrainConfig):
    """Train an agent to cut objects out of images."""

    network: Network = "prior"
    """mapped: looks, from where the pens are and at three scales, at a guess of where the object is, which a network
    learns first from the masks of the train split. views: looks at the image so. nature: the stock CNN of
    Stable-Baselines3."""
    prior_images: int = 3000
    """Images that the network 'prior' learns its guess from."""
    prior_steps: int = 1500
    """Gradient steps, of 16 images, that it learns its guess in."""
    prior_augmentation: Augmentation = "light"
    """light: mirrors these images and scales their colours. strong: also turns, scales, shifts and recolours them,
    which helps where there are few, or where the agent will see others."""
    prior_from: str | None = None
    """Folder of a run with the network 'prior', or name of a pretrained agent, whose guess to take instead of learning
    one."""
    init: str | None = None
    """Folder of a run with the same network, or name of a pretrained agent, whose best weights to start from."""
    learning_rate: float = 1e-3
    """Step size of the optimizer at the beginning; it falls to 0 towards the end."""
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
        self.game_config()
        if self.network != "nature" and self.observation not in ("layers", "masked"):
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
            "prior_images",
            "prior_steps",
        )
        self.require_at_least({**dict.fromkeys(at_least_one, 1), "seed": 0, "test_images": 0})
        if self.minutes is not None and not self.minutes > 0:
            raise CutOutError(f"minutes is {self.minutes}, but must be above 0.")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CutOutError("device is cuda, but torch finds no GPU here; take --device cpu or auto.")
        if not self.learning_rate > 0:
            raise CutOutError(f"learning_rate is {self.learning_rate}, but must be above 0.")

    def policy_kwargs(self) -> dict[str, Any]:
        """Give the arguments of SB3's `ActorCriticPolicy`."""
        return {
            "features_extractor_class": _FEATURES[self.network],
            "net_arch": {"pi": [128], "vf": [128] if self.network == "nature" else [128, 128]},
            "activation_fn": nn.ReLU,
        }

    def preprocess_for(self, policy: ActorCriticPolicy) -> Preprocess:
        """Give what turns (N, S, S, C) observations of the game into what the policy takes."""
        if self.network == "nature":
            return _channels_first
        extractor = policy.features_extractor
        return PriorCrops(extractor.object_net) if isinstance(extractor, PriorCropNetwork) else egocentric_crops

    def prepare(self, policy: ActorCriticPolicy, images: DataSource) -> None:
        """Teach a new policy what it learns before it plays, from the train split.

        Raises:
            CutOutError: the checkpoint that it takes its map from cannot be used.
        """
        if not isinstance(policy.features_extractor, PriorCropNetwork):
            return
        object_net = policy.features_extractor.object_net
        if self.prior_from is not None:
            load_checkpoint(trained_weights(self.prior_from), object_net, part="features_extractor.object_net.")
        else:
            fit_prior(object_net, images, self.prior_images, self.prior_steps, self.prior_augmentation, self.seed)

    def view_space(self) -> spaces.Box:
        """Give the space of what `preprocess_for` gives."""
        if self.network == "nature":
            space = VecTransposeImage.transpose_space(self.game_config().observer().space)
            assert isinstance(space, spaces.Box)
            return space
        return view_space((1 if self.network == "prior" else 3) + (self.observation == "masked"))

    def policy_class(self) -> type[ActorCriticPolicy]:
        """Give the stock policy to the stock network, and to others one whose critic is told how far the game is."""
        return ActorCriticPolicy if self.network == "nature" else AsymmetricPolicy

    def make_policy(self) -> ActorCriticPolicy:
        """Make an untrained policy without an environment, on the CPU."""
        actions = spaces.Discrete(self.game_config().rules().n_actions)
        views = self.view_space()
        space = views if self.network == "nature" else asymmetric_space(views)
        return self.policy_class()(space, actions, lambda _: self.learning_rate, **self.policy_kwargs())


def trained_weights(name: str) -> Path:
    """Give the checkpoint to go on from of the run in a folder, or of a pretrained agent.

    Raises:
        CutOutError: there is neither.
    """
    run = find_run(name)
    run.config()
    return run.best_checkpoint


def _channels_first(observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    channels_first: NDArray[np.uint8] = observations.transpose(0, 3, 1, 2)
    return channels_first
