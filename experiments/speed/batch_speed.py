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

ALONE = "1, alone"


def time_batches(
    counts: tuple[int, ...] = (1, 16, 64, 256, 1024), image_size: int = 128, repeats: int = 5
) -> dict[str, dict[str, float]]:
    """Time whole episodes of random actions at the environment's defaults, rewards and observations included.

    Drawing faces and resets are not included. One game alone, one thread and two threads alternate, and the fastest
    repeat of each counts, which reduces the effect of other load on the machine.

    Args:
        counts: numbers of games in a batch.
        image_size: in pixels.
        repeats: of every episode.

    Returns:
        Steps per second on 1 and 2 threads, the ratio of the two, and that of 1 thread to one game alone, by the number
        of games.
    """
    game_config = GameConfig(image_size=image_size)
    env = CutOutEnv(image_size=image_size)
    warm_up(env)
    figures = {}
    for count in counts:
        batches = {threads: CutOutVectorEnv(count, threads=threads, image_size=image_size) for threads in (1, 2)}
        moves = np.random.default_rng(0).integers(0, N_MOVES, (game_config.step_count, count))
        clock = Stopwatch()
        for repeat in range(repeats):
            env.reset(seed=repeat)
            clock.time(ALONE, _play, env, moves[:, 0])
            for threads, batch in batches.items():
                batch.reset(seed=0)
                clock.time(f"{threads}", _play, batch, moves)
        alone, one, two = (min(clock.times[name]) for name in (ALONE, "1", "2"))
        steps = 1000 * moves.size
        figures[f"{count}"] = {
            "1 thread": steps / one,
            "2 threads": steps / two,
            "2 / 1": one / two,
            "1 thread / alone": alone * count / one,
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
