"""The time of a step by image size, and the speed of a batch by its size on one and two threads."""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from cutout_rl.env import CutOutEnv
from cutout_rl.experiments.speed.environment_speed import warm_up
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.experiments.speed.timed_game import timed_game
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.game.rules import N_MOVES


def time_image_sizes(sizes: tuple[int, ...] = (64, 128, 256, 512), episodes: int = 4) -> dict[str, dict[str, float]]:
    """Time random episodes at several sizes; step length and pen width in pixels are the same for all.

    Returns:
        The mean cost of a step, by size.
    """
    figures = {}
    for size in sizes:
        env = CutOutEnv(**asdict(timed_game(size)))
        warm_up(env)
        clock = Stopwatch()
        for episode in range(episodes):
            env.reset(seed=episode)
            for _ in range(env.game_config.step_count):
                clock.time("step", env.step, env.action_space.sample())
        cost = clock.mean("step")
        figures[f"{size} px"] = {"ms a step": cost, "steps/s": 1000 / cost, "ns a pixel": 1e6 * cost / size**2}
    return figures


def time_batches(
    counts: tuple[int, ...] = (1, 4, 16, 64, 256), image_size: int = 128, faces: int = 16, repeats: int = 3
) -> dict[str, dict[str, float]]:
    """Time the same random episode in batches of several sizes on one and two threads, observations included.

    One and two threads alternate, and the fastest repeat counts, to reduce the effect of other load on the machine.

    Args:
        counts: numbers of games in a batch.
        image_size: in pixels.
        faces: number of different images; rendering more would take longer than the episodes.
        repeats: of every episode.

    Returns:
        Steps per second of the batch on 1 and 2 threads and their ratio, by the number of games.
    """
    game_config = timed_game(image_size)
    figures = {}
    for count in counts:
        batches = {threads: GameBatch(game_config, count, threads) for threads in (1, 2)}
        games = [batches[1].factory.new_game(np.random.default_rng(i), index=i % faces) for i in range(count)]
        moves = np.random.default_rng(0).integers(0, N_MOVES, (game_config.step_count, count))
        clock = Stopwatch()
        for _ in range(repeats):
            for threads, batch in batches.items():
                batch.reset(range(count), [ResetOptions(index=0)] * count)
                batch.games = [game.copy() for game in games]
                clock.time(f"{threads}", _play, batch, moves)
        one, two = (1000 * moves.size / min(clock.times[f"{threads}"]) for threads in (1, 2))
        figures[f"{count}"] = {"1 thread": one, "2 threads": two, "2 / 1": two / one}
    return figures


def _play(batch: GameBatch, moves: NDArray[np.int64]) -> None:
    for actions in moves:
        batch.step(actions)
        batch.observe()
