"""The agents that enter: algorithms that are trained here, and players that were trained elsewhere."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory
from cutout_rl.experiments.benchmark.scores import TRAINED, Play
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.players.player import Player
from cutout_rl.runs.algorithms import MaskAlgorithm, load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.train import parse
from cutout_rl.utils.errors import CutOutError


def is_player_class(agent: str) -> bool:
    """Tell MODULE:CLASS, a player that is trained already, from an algorithm with its flags."""
    return ":" in shlex.split(agent)[0]


def load_player_class(agent: str) -> Callable[..., Player]:
    """Import the class that MODULE:CLASS names.

    Raises:
        CutOutError: there is none.
    """
    try:
        return cast("Callable[..., Player]", EntryPoint(agent, agent, "").load())
    except (ImportError, AttributeError) as error:
        raise CutOutError(
            f"The agent {agent!r} cannot be imported ({error}); start from the folder of its module."
        ) from None


def training_flags(agent: str, game: GameConfig, seed: int) -> list[str]:
    """Give the flags of `cutout_rl.train` that train an agent for a game.

    Raises:
        CutOutError: no such algorithm, a value that does not fit, or a flag that would change the game.
    """
    name, *own = shlex.split(agent.replace("{seed}", str(seed)))
    flags = ["--algo", name, "--data", game.data, *(["--masks", game.masks] if game.masks else [])]
    flags += ["--image-size", str(game.image_size), "--observation-size", str(game.observation_size)]
    flags += ["--step-len", str(game.step_len), "--step-count", str(game.step_count), "--test-images", "0"]
    flags += [*own, "--seed", str(seed)]
    _, config = parse(flags)
    if _scored(config.game_config()) != _scored(game):
        raise CutOutError(f"The agent {agent!r} changes the game; give the game by --settings and the other flags.")
    return flags


def _scored(game: GameConfig) -> GameConfig:
    """Put aside what no score depends on: how an agent sees the game, what it is rewarded for and trains on."""
    seen_alike = replace(game, observation="layers", observation_size=None, reward="iou", stop_action=True)
    return replace(seen_alike, split="test", augment=1)


def play_trained(folder: Path, n_images: int, stop: Event) -> Iterator[tuple[Play, Evaluation]]:
    """Let a run's agent play the test split, greedily, then sampling its moves; or answer it with masks.

    Raises:
        CutOutError: there is no checkpoint, or it cannot be read.
        KeyboardInterrupt: `stop` was set.
    """
    run = RunFolder(folder)
    algorithm, config = load_config(run)
    factory = held_out_factory(config.game_config(), "test")
    if isinstance(algorithm, MaskAlgorithm):
        yield "supervised", evaluate(algorithm.load_predictor(config, run, "cpu"), factory, n_images)
        return
    for play in TRAINED:
        player = algorithm.load_player(config, run, play == "greedy", "cpu")
        yield play, evaluate(Interruptible(player, stop), factory, n_images)


def play_ready(
    agent: str, game: GameConfig, seed: int, n_images: int, stop: Event
) -> Iterator[tuple[Play, Evaluation]]:
    """Let a player that is trained already play the test split, greedily, then sampling its moves.

    Raises:
        CutOutError: there is none, or it looks at the ground truth.
        KeyboardInterrupt: `stop` was set.
    """
    make = load_player_class(agent)
    factory = held_out_factory(game, "test")
    for play in TRAINED:
        player = make(seed=seed, deterministic=play == "greedy")
        if player.sees_truth:
            raise CutOutError(f"The agent {agent!r} looks at the truth; enter it in the group cutout_rl.baselines.")
        yield play, evaluate(Interruptible(player, stop), factory, n_images)


class Interruptible:
    """A player that makes no further move once it is told to stop."""

    def __init__(self, player: Player, stop: Event) -> None:
        """Play as `player` does, until `stop` is set."""
        self.label = player.label
        self.sees_truth = player.sees_truth
        self._player = player
        self._stop = stop

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game.

        Raises:
            KeyboardInterrupt: told to stop.
        """
        if self._stop.is_set():
            raise KeyboardInterrupt
        return self._player.act(observations, games)
