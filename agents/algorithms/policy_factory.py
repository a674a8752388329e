"""The policy that a configuration describes, its preprocessing, and its initial weights."""

from typing import Any, Final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecTransposeImage
from torch import nn

from cutout_rl.agents.algorithms.policy_config import Network, PolicyConfig
from cutout_rl.agents.algorithms.prior_factory import initialise_prior, load_weights
from cutout_rl.agents.networks.asymmetric_policy import AsymmetricPolicy, asymmetric_space
from cutout_rl.agents.networks.crop_network import CropNetwork, PriorCropNetwork
from cutout_rl.agents.networks.egocentric_crops import Preprocess, crop_space, egocentric_crops
from cutout_rl.agents.networks.nature_network import NatureNetwork
from cutout_rl.agents.networks.object_prior import PriorCrops
from cutout_rl.agents.training.reward_prior import RewardPriorLearner
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.data import DataSource

_FEATURES: Final[dict[Network, type[BaseFeaturesExtractor]]] = {
    "crops": CropNetwork,
    "prior": PriorCropNetwork,
    "nature": NatureNetwork,
}


def make_policy(config: PolicyConfig) -> ActorCriticPolicy:
    """Create an untrained policy on the CPU, without an environment."""
    actions = spaces.Discrete(config.game_config().rules().n_actions)
    return AsymmetricPolicy(policy_space(config), actions, lambda _: config.learning_rate, **policy_kwargs(config))


def policy_kwargs(config: PolicyConfig) -> dict[str, Any]:
    """Return the arguments of SB3's `ActorCriticPolicy` beside its spaces."""
    own_critic = {"features_extractor_kwargs": {"own_critic": True}} if config.critic == "own" else {}
    return {
        "features_extractor_class": _FEATURES[config.network],
        **own_critic,
        "net_arch": {"pi": [128], "vf": [128, 128]},
        "activation_fn": nn.ReLU,
        "optimizer_kwargs": {"eps": 1e-5, "fused": True},  # SB3's epsilon; an unfused step takes ten times as long
    }


def policy_space(config: PolicyConfig) -> spaces.Dict:
    """Return the policy's observation space."""
    return asymmetric_space(actor_space(config))


def actor_space(config: PolicyConfig) -> spaces.Box:
    """Return the space of one game's preprocessed observation (`preprocess_for`)."""
    if config.network == "nature":
        space = VecTransposeImage.transpose_space(config.game_config().observer().space)
        assert isinstance(space, spaces.Box)
        return space
    return crop_space((1 if config.network == "prior" else 3) + (config.observation == "masked"))


def step_bytes(config: PolicyConfig) -> int:
    """Return the size in bytes of one preprocessed observation."""
    space = actor_space(config)
    return int(np.prod(space.shape)) * space.dtype.itemsize


def preprocess_for(config: PolicyConfig, policy: ActorCriticPolicy) -> Preprocess:
    """Return the function that turns (N, S, S, C) observations into the actor's (N, ...) inputs."""
    if config.network == "nature":
        return _channels_first
    extractor = policy.features_extractor
    return PriorCrops(extractor.object_net) if isinstance(extractor, PriorCropNetwork) else egocentric_crops


def initialise_policy(
    config: PolicyConfig, policy: ActorCriticPolicy, images: DataSource, games: CutOutVecEnv | None = None
) -> RewardPriorLearner | None:
    """Load the weights named by `config.init`; without one, load or train the object prior if the policy has one.

    Args:
        config: the run's.
        policy: a new one, changed in place.
        images: the train split.
        games: as in `initialise_prior`.

    Returns:
        The learner of the object prior if it learns from rewards.

    Raises:
        CutOutError: a checkpoint that `config.init` or `config.prior_from` names cannot be used.
    """
    if config.init is not None:
        load_weights(config.init, policy)
    elif isinstance(policy.features_extractor, PriorCropNetwork):
        return initialise_prior(config, policy.features_extractor.object_net, images, games)
    return None


def _channels_first(observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    channels_first: NDArray[np.uint8] = observations.transpose(0, 3, 1, 2)
    return channels_first
