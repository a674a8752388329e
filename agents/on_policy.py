"""What PPO and A2C share: their flags, their network, and the training loop around Stable-Baselines3."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

from gymnasium import spaces
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.utils import get_device
from stable_baselines3.common.vec_env import VecTransposeImage
from torch import nn

from agents.checkpoint import load_checkpoint
from agents.monitor import TrainingMonitor
from agents.network import CropsPolicy, PenCentredCrops
from agents.policy_player import PolicyPlayer
from agents.sb3_vec_env import CutOutVecEnv, FixedHorizon
from cutout_rl.errors import CutOutError
from cutout_rl.run_folder import RunFolder
from cutout_rl.train_config import TrainConfig

Network = Literal["crops", "nature"]


@dataclass(frozen=True)
class OnPolicyConfig(TrainConfig):
    """Train an agent to cut objects out of images."""

    network: Network = "crops"
    """crops: looks from where the pens are, at two scales. nature: the stock CNN of Stable-Baselines3."""
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
        if self.network == "crops" and self.observation == "overlay":
            raise CutOutError(
                "The network 'crops' finds the pens in their own layers, which the observation 'overlay' lacks;"
                " add --network nature."
            )
        if self.network == "nature" and self.observation_size < 36:
            raise CutOutError(
                f"observation_size is {self.observation_size}, but the network 'nature' needs at least 36."
            )
        for name in ("n_envs", "n_steps", "total_timesteps", "eval_every", "eval_images"):
            if getattr(self, name) < 1:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least 1.")

    def model_kwargs(self) -> dict[str, Any]:
        """Give the arguments that the SB3 models of both algorithms take."""
        return {
            "policy": self.policy_class,
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

    @property
    def channels_last(self) -> bool:
        """Whether the network takes the channels last, as the environment gives them."""
        return self.network == "crops"

    @property
    def policy_class(self) -> type[ActorCriticPolicy]:
        """SB3's class of the policy."""
        return CropsPolicy if self.channels_last else ActorCriticPolicy

    def policy_kwargs(self) -> dict[str, Any]:
        """Give the arguments of SB3's `ActorCriticPolicy`."""
        return {
            "features_extractor_class": PenCentredCrops if self.channels_last else NatureCNN,
            "net_arch": [128],
            "activation_fn": nn.ReLU,
        }

    def make_policy(self) -> ActorCriticPolicy:
        """Make an untrained policy without an environment, on the CPU."""
        settings = self.settings()
        pixels = settings.observer().space
        space = pixels if self.channels_last else VecTransposeImage.transpose_space(pixels)
        actions = spaces.Discrete(settings.rules().n_actions)
        return self.policy_class(space, actions, lambda _: self.learning_rate, **self.policy_kwargs())


class OnPolicy(ABC):
    """An SB3 on-policy algorithm as `cutout_rl.algorithms.Algorithm` asks for it."""

    config_type: type[OnPolicyConfig] = OnPolicyConfig

    @abstractmethod
    def make_model(self, config: OnPolicyConfig, env: VecTransposeImage) -> OnPolicyAlgorithm:
        """Make the untrained SB3 model."""

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps`, going on from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images cannot be used, or the checkpoint cannot be read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, self.config_type)
        env = FixedHorizon(CutOutVecEnv(config.settings(), config.n_envs))
        # Wrapped in either case, because SB3 would transpose the pixels of an unwrapped environment.
        model = self.make_model(config, VecTransposeImage(env, skip=config.channels_last))
        monitor = TrainingMonitor(config, run)
        if run.last_checkpoint.exists():
            progress = load_checkpoint(run.last_checkpoint, model.policy, model.policy.optimizer)
            monitor.restore(progress)
            model.num_timesteps = int(progress["timesteps"])
            # Other games than the ones already played.
            model.set_random_seed(config.seed + model.num_timesteps)
        remaining = config.total_timesteps - model.num_timesteps
        if remaining > 0:
            with monitor:
                model.learn(remaining, callback=monitor, reset_num_timesteps=False)

    def load_player(self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str) -> PolicyPlayer:
        """Load what a run has learnt; see `cutout_rl.algorithms.Algorithm`."""
        assert isinstance(config, self.config_type)
        policy = config.make_policy().to(get_device(device))
        load_checkpoint(run.best_checkpoint, policy)
        return PolicyPlayer(policy, config.algo, deterministic)
