"""The flags that PPO and A2C share, and the network and games that follow from them."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.vec_env import VecEnv, VecTransposeImage
from torch import nn

from agents.network import PenViewNetwork
from agents.pen_views import VIEW_SPACE, PenViews, pen_views
from agents.sb3_vec_env import CutOutVecEnv, FixedHorizon
from cutout_rl.errors import CutOutError
from cutout_rl.train_config import TrainConfig

Network = Literal["views", "nature"]


@dataclass(frozen=True)
class OnPolicyConfig(TrainConfig):
    """Train an agent to cut objects out of images."""

    network: Network = "views"
    """views: looks from where the pens are, at two scales. nature: the stock CNN of Stable-Baselines3."""
    learning_rate: float = 5e-4
    """Step size of the optimizer."""
    n_steps: int = 64
    """Steps of every game between two updates."""
    gamma: float = 0.97
    """Discount of later rewards."""
    gae_lambda: float = 0.95
    """Bias against variance of the advantages (Schulman et al., ICLR 2016)."""
    ent_coef: float = 0.01
    """Weight of the entropy bonus."""
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
        if self.network == "views" and self.observation == "overlay":
            raise CutOutError(
                "The network 'views' finds the pens in their own layers, which the observation 'overlay' lacks;"
                " add --network nature."
            )
        if self.network == "nature" and self.observation_size < 36:
            raise CutOutError(
                f"observation_size is {self.observation_size}, but the network 'nature' needs at least 36."
            )
        at_least_one = ("n_envs", "n_steps", "total_timesteps", "eval_every", "eval_images", "checkpoint_every")
        for name, least in {**dict.fromkeys(at_least_one, 1), "seed": 0, "test_images": 0}.items():
            if getattr(self, name) < least:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least {least}.")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CutOutError("device is cuda, but torch finds no GPU here; take --device cpu or auto.")
        if not self.learning_rate > 0:
            raise CutOutError(f"learning_rate is {self.learning_rate}, but must be above 0.")

    def model_kwargs(self) -> dict[str, Any]:
        """Give the arguments that the SB3 models of both algorithms take."""
        return {
            "policy": ActorCriticPolicy,
            "policy_kwargs": self.policy_kwargs(),
            "learning_rate": self.learning_rate,
            "n_steps": self.n_steps,
            "gamma": self.gamma,
            "gae_lambda": self.gae_lambda,
            "ent_coef": self.ent_coef,
            "vf_coef": self.vf_coef,
            "max_grad_norm": self.max_grad_norm,
            "seed": self.seed,
            "device": self.device,
        }

    def policy_kwargs(self) -> dict[str, Any]:
        """Give the arguments of SB3's `ActorCriticPolicy`."""
        return {
            "features_extractor_class": PenViewNetwork if self.network == "views" else NatureCNN,
            "net_arch": [128],
            "activation_fn": nn.ReLU,
        }

    def look(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (N, S, S, C) observations of the game into what the network takes."""
        return pen_views(observations) if self.network == "views" else observations.transpose(0, 3, 1, 2)

    def make_env(self, threads: int | None = None) -> VecEnv:
        """Make the games to train on, as the network sees them; `threads` as in `CutOutVecEnv`."""
        games = FixedHorizon(CutOutVecEnv(self.settings(), self.n_envs, threads))
        return PenViews(games) if self.network == "views" else VecTransposeImage(games)

    def make_policy(self) -> ActorCriticPolicy:
        """Make an untrained policy without an environment, on the CPU."""
        settings = self.settings()
        pixels = settings.observer().space
        space = VIEW_SPACE if self.network == "views" else VecTransposeImage.transpose_space(pixels)
        actions = spaces.Discrete(settings.rules().n_actions)
        return ActorCriticPolicy(space, actions, lambda _: self.learning_rate, **self.policy_kwargs())
