"""The object prior that a configuration describes: loaded, or learnt from rewards or masks."""

from dataclasses import asdict, replace
from pathlib import Path

from torch import nn

from cutout_rl.agents.algorithms.prior_config import PriorConfig
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet
from cutout_rl.agents.training.checkpoint import load_checkpoint, load_submodule
from cutout_rl.agents.training.object_prior_training import train_object_prior
from cutout_rl.agents.training.prior_augmentation import AUGMENTATIONS
from cutout_rl.agents.training.random_episodes import record_random_episodes
from cutout_rl.agents.training.reward_prior import RewardPriorLearner
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.data import DataSource
from cutout_rl.runs.pretrained import find_run


def initialise_prior(
    config: PriorConfig, object_net: ObjectPriorNet, images: DataSource, games: CutOutVecEnv | None = None
) -> RewardPriorLearner | None:
    """Load or train the object prior.

    Args:
        config: the run's.
        object_net: a new network, changed in place.
        images: the train split; only `--prior masks` reads it.
        games: of the training, which `--prior reward` plays first and which must be seeded afterwards; None opens some.

    Returns:
        The learner if the prior is learnt from rewards.

    Raises:
        CutOutError: the checkpoint that `config.prior_from` names cannot be used.
    """
    if config.prior_from is not None:
        load_submodule(_best_checkpoint(config.prior_from), object_net, "object_net")
        return None
    if config.prior == "reward":
        learner = make_prior_learner(config, object_net)
        games = games or CutOutVecEnv(config.n_envs, **asdict(config.game_config()))
        record_random_episodes(games, learner.episodes, config.prior_episodes, config.seed)
        learner.learn_first(config.prior_steps)
        return learner
    augment = AUGMENTATIONS[config.prior_augmentation]
    if config.bank:
        images = replace(config, bank=0).open_source()  # as many distinct faces as images
    train_object_prior(object_net, images, config.prior_images, config.prior_steps, augment, config.seed)
    return None


def make_prior_learner(config: PriorConfig, object_net: ObjectPriorNet) -> RewardPriorLearner:
    """Create the learner of an object prior that learns from rewards; it keeps twice the first episodes."""
    augment = AUGMENTATIONS[config.prior_augmentation]
    return RewardPriorLearner(object_net, 2 * config.prior_episodes, augment, config.seed)


def load_weights(name: str, module: nn.Module) -> None:
    """Load the best weights of the run in a folder, or of a pretrained agent."""
    load_checkpoint(_best_checkpoint(name), module)


def _best_checkpoint(name: str) -> Path:
    run = find_run(name)
    run.config()  # raises where there is no run
    return run.best_checkpoint
