"""The ways in which the study trains object priors."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final

import torch

from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.agents.algorithms.prior_factory import make_prior_learner
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet
from cutout_rl.agents.training.object_prior_training import train_object_prior
from cutout_rl.agents.training.prior_augmentation import AUGMENTATIONS
from cutout_rl.agents.training.random_episodes import record_random_episodes
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.agents.training.seeds import Stream, stream_seed
from cutout_rl.game.reward import RewardKind


@dataclass(frozen=True)
class Variant:
    """A way to train an object prior.

    Attributes:
        reward: of the games it learns from, of which "end" scores the last mask alone; None learns from masks.
        masks: number of training images with masks.
    """

    reward: RewardKind | None = None
    masks: int = 0


REWARD: Final = "rewards"
VARIANTS: Final = {
    REWARD: Variant(reward="delta"),
    "rewards at the end": Variant(reward="end"),
    "30 masks": Variant(masks=30),
    "300 masks": Variant(masks=300),
    "3,000 masks": Variant(masks=3000),
}


def train(variant: Variant, config: PlannerConfig, after_step: Callable[[int], None], net: ObjectPriorNet) -> None:
    """Train a new network.

    Args:
        variant: what it learns from.
        config: seed, games, gradient steps and, for rewards, the number of random episodes.
        after_step: called after every gradient step with the number of steps.
        net: trained in place.
    """
    if variant.reward is None:
        augment = AUGMENTATIONS[config.prior_augmentation]
        images = config.open_source()
        train_object_prior(net, images, variant.masks, config.prior_steps, augment, config.seed, after_step)
        return
    games = CutOutVecEnv(config.n_envs, **asdict(replace(config, reward=variant.reward).game_config()))
    learner = make_prior_learner(config, net)
    record_random_episodes(games, learner.episodes, config.prior_episodes, config.seed)
    learner.learn_first(config.prior_steps, after_step)


def new_net(seed: int) -> ObjectPriorNet:
    """Create a network with the initial weights of a seed."""
    torch.manual_seed(stream_seed(seed, Stream.WEIGHTS))
    return ObjectPriorNet()
