"""The speed of a native batch by its number of games, on one and two threads, beside one game alone."""

import tracemalloc

import gymnasium
import numpy as np
from numpy.typing import NDArray

from cutout_rl.env import CutOutEnv
from cutout_rl.experiments.speed.environment_speed import warm_up
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import N_MOVES
from cutout_rl.vector_env import CutOutVectorEnv

ALONE = "alone"
MAX_ALONE = 128  # games that are also played alone


def time_batches(
    counts: tuple[int, ...] = (1, 16, 64, 256, 1024), image_size: int = 128, repeats: int = 5
) -> dict[str, dict[str, float]]:
    """Time whole episodes of random actions at the environment's defaults, rewards and observations included.

    Drawing faces and resets are not included. The games of a batch differ in cost, so the first of them are also played
    alone, one after another, with the same images, start points and actions. The games alone, one thread and two
    threads alternate, and the fastest repeat of each counts, which reduces the effect of other load on the machine.

    Args:
        counts: numbers of games in a batch.
        image_size: in pixels.
        repeats: of every episode.

    Returns:
        Steps per second of the games alone and of the batch on 1 and 2 threads, the ratio of the two, and that of 1
        thread to the games alone, by the number of games.
    """
    game_config = GameConfig(image_size=image_size)
    env = CutOutEnv(image_size=image_size)
    warm_up(env)
    figures = {}
    for count in counts:
        batches = {threads: CutOutVectorEnv(count, threads=threads, image_size=image_size) for threads in (1, 2)}
        moves = np.random.default_rng(0).integers(0, N_MOVES, (game_config.step_count, count))
        alone = min(count, MAX_ALONE)
        clock = Stopwatch()
        for _ in range(repeats):
            for game in range(alone):
                env.reset(seed=game)
                clock.time(ALONE, _play, env, moves[:, game])
            for threads, batch in batches.items():
                batch.reset(seed=0)
                clock.time(f"{threads}", _play, batch, moves)
        steps_alone = 1000 * alone * game_config.step_count / np.reshape(clock.times[ALONE], (repeats, alone)).sum(1)
        one, two = (1000 * moves.size / min(clock.times[name]) for name in ("1", "2"))
        figures[f"{count}"] = {
            "alone": float(steps_alone.max()),
            "1 thread": one,
            "2 threads": two,
            "2 / 1": two / one,
            "1 thread / alone": one / float(steps_alone.max()),
        }
    return figures


def batch_memory(n: int, image_size: int = 128) -> float:
    """Return the most memory that N games hold while they play an episode, in MB, what was imported left out."""
    warm_up(CutOutEnv(image_size=image_size))
    tracemalloc.start()
    batch = CutOutVectorEnv(n, image_size=image_size)
    batch.reset(seed=0)
    _play(batch, np.random.default_rng(0).integers(0, N_MOVES, (GameConfig().step_count, n)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def _play(env: gymnasium.Env[NDArray[np.uint8], np.int64] | CutOutVectorEnv, moves: NDArray[np.int64]) -> None:
    for action in moves:
        env.step(action)
