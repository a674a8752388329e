"""The time of whole steps and resets, and the positions at which other solvers are timed."""

from dataclasses import asdict
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.env import CutOutEnv
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.experiments.speed.timed_game import timed_game
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.progress import track

FIRST_STEPS: Final = 10
COMPARE_EVERY: Final = 6  # steps between two positions for the cold solvers


class Position(NamedTuple):
    """An image and the scribbles on it after some step of an episode.

    Attributes:
        image: (H, W, 3) uint8.
        inside: (H, W) bool, the inside scribble.
        outside: (H, W) bool, the outside scribble.
    """

    image: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]


def time_environment(image_size: int, episodes: int) -> tuple[dict[str, float], NDArray[np.float64], list[Position]]:
    """Time episodes of random actions, with the reward at every step.

    Every reset is timed twice with the same seed: the first renders a new face, the second finds it in the cache.

    Returns:
        Results by name, the (episodes, step_count) milliseconds of the steps, and every sixth position.
    """
    env = CutOutEnv(**asdict(timed_game(image_size)))
    warm_up(env)
    clock = Stopwatch()
    positions = []
    for episode in track(range(episodes), "playing"):
        clock.time("new face", partial(env.reset, seed=episode))
        clock.time("same face", partial(env.reset, seed=episode))
        for step in range(env.game_config.step_count):
            clock.time("step", env.step, env.action_space.sample())
            if step % COMPARE_EVERY == 0:
                labels = env.game.labels
                positions.append(Position(env.game.sample.image, labels == LABELLED_INSIDE, labels == LABELLED_OUTSIDE))
    steps = np.reshape(clock.times["step"], (episodes, -1))
    figures = {
        "steps/s": 1000 / float(steps.mean()),
        "step, mean ms": float(steps.mean()),
        "step, median ms": float(np.median(steps)),
        "step, 95th percentile ms": float(np.percentile(steps, 95)),
        "95th percentile / median": float(np.percentile(steps, 95) / np.median(steps)),
        f"first {FIRST_STEPS} steps, mean ms": float(steps[:, :FIRST_STEPS].mean()),
        f"mean of the first {FIRST_STEPS} / median": float(steps[:, :FIRST_STEPS].mean() / np.median(steps)),
        "later steps, mean ms": float(steps[:, FIRST_STEPS:].mean()),
        "reset on a face drawn before, mean ms": clock.mean("same face"),
        "reset with a new face, mean ms": clock.mean("new face"),
    }
    return figures, steps, positions


def warm_up(env: CutOutEnv) -> None:
    """Play an episode to load compiled functions, and seed the random actions."""
    env.action_space.seed(0)
    env.reset(seed=0)
    for _ in range(env.game_config.step_count):
        env.step(env.action_space.sample())
