"""Agents as the benchmark's flags specify them: algorithms with flags, and classes of trained players."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Split
from cutout_rl.data.image_config import ImageConfig
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.evaluation.mask_evaluation import evaluate_masks
from cutout_rl.experiments.scores import TRAINED
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor, ReferencedPlayer
from cutout_rl.runs.algorithms import MaskAlgorithm, load_algorithm, load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.train import parse
from cutout_rl.utils.errors import CutOutError


def is_player_class(agent: str) -> bool:
    """Return whether an agent is MODULE:CLASS, a trained player, rather than an algorithm with flags."""
    return ":" in shlex.split(agent)[0]


def load_player_class(agent: str) -> Callable[..., Player]:
    """Import the class named by MODULE:CLASS.

    Raises:
        CutOutError: it cannot be imported.
    """
    try:
        return cast("Callable[..., Player]", EntryPoint(agent, agent, "").load())
    except (ImportError, AttributeError) as error:
        raise CutOutError(
            f"The agent {agent!r} cannot be imported ({error}); run the command in the folder of its module."
        ) from None


def training_flags(agent: str, game: GameConfig, seed: int) -> list[str]:
    """Return the flags of `cutout_rl.train` that train an agent for a game.

    Raises:
        CutOutError: the algorithm is unknown, a value is invalid, or a flag changes the game.
    """
    name, *own = shlex.split(agent.replace("{seed}", str(seed)))
    flags = ["--algo", name, "--data", game.data, *(["--masks", game.masks] if game.masks else [])]
    flags += [] if game.masks_class is None else ["--masks-class", str(game.masks_class)]
    flags += ["--image-size", str(game.image_size), "--observation-size", str(game.observation_size)]
    if issubclass(load_algorithm(name).config_type, GameTrainConfig):
        flags += ["--step-len", str(game.step_len), "--step-count", str(game.step_count)]
    flags += ["--test-images", "0", *own, "--seed", str(seed)]
    _, config = parse(flags)
    compared = GameConfig if isinstance(config, GameTrainConfig) else ImageConfig
    if _scored(config.game_config(), compared) != _scored(game, compared):
        raise CutOutError(f"The agent {agent!r} changes the game; define it with --settings and the other flags.")
    return flags


def _scored(game: GameConfig, kind: type[ImageConfig]) -> dict[str, object]:
    """Return the settings of a kind that scores depend on."""
    free = ("observation", "observation_size", "reward", "shaping_gamma", "stop_action", "split", "augment", "bank")
    return {field.name: getattr(game, field.name) for field in fields(kind) if field.name not in free}


def play_trained(folder: Path, split: Split, images: range, stop: Event) -> Iterator[tuple[str, ImageScores]]:
    """Evaluate the agent of a run on images of a split, greedy and then sampled, or the masks that it predicts.

    An agent that never samples, whose two players have one label, plays greedily only.

    Raises:
        CutOutError: there is no checkpoint, or it cannot be read.
        KeyboardInterrupt: `stop` was set.
    """
    run = RunFolder(folder)
    algorithm, config = load_config(run)
    factory = held_out_factory(config.game_config(), split)
    if isinstance(algorithm, MaskAlgorithm):
        yield "supervised", evaluate_masks(algorithm.load_predictor(config, run, "cpu"), factory, images)
        return
    labels: set[str] = set()
    for play in TRAINED:
        player = algorithm.load_player(config, run, play == "greedy", "cpu")
        if player.label not in labels:
            labels.add(player.label)
            yield play, evaluate(Interruptible(player, stop), factory, images)


def play_references(folder: Path, split: Split, images: range, stop: Event) -> Iterator[tuple[str, Evaluation]]:
    """Evaluate what the agent of a run refers to, such as its object prior alone; nothing for one without references.

    Raises:
        CutOutError: there is no checkpoint, or it cannot be read.
        KeyboardInterrupt: `stop` was set.
    """
    run = RunFolder(folder)
    algorithm, config = load_config(run)
    if isinstance(algorithm, MaskAlgorithm):
        return
    player = algorithm.load_player(config, run, True, "cpu")
    if isinstance(player, ReferencedPlayer):
        factory = held_out_factory(config.game_config(), split)
        for reference in player.references():
            playing = reference if isinstance(reference, GamePredictor) else Interruptible(reference, stop)
            yield reference.label, evaluate(playing, factory, images)


def play_class(agent: str, game: GameConfig, seed: int, images: range, stop: Event) -> Iterator[tuple[str, Evaluation]]:
    """Evaluate a class of trained players on images of the game's split, greedy and then sampled.

    Raises:
        CutOutError: the class cannot be imported, or the player uses the ground truth.
        KeyboardInterrupt: `stop` was set.
    """
    make = load_player_class(agent)
    factory = held_out_factory(game, game.split)
    for play in TRAINED:
        player = make(seed=seed, deterministic=play == "greedy")
        if player.sees_truth:
            raise CutOutError(
                f"The agent {agent!r} uses the ground truth; register it in the group cutout_rl.baselines."
            )
        yield play, evaluate(Interruptible(player, stop), factory, images)


class Interruptible:
    """A player that stops once an event is set."""

    def __init__(self, player: Player, stop: Event) -> None:
        """Act as `player` does until `stop` is set."""
        self.label = player.label
        self.sees_truth = player.sees_truth
        self._player = player
        self._stop = stop

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose an action in each game.

        Raises:
            KeyboardInterrupt: `stop` was set.
        """
        if self._stop.is_set():
            raise KeyboardInterrupt
        return self._player.act(observations, games)
