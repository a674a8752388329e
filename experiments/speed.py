"""`python -m experiments.speed`: what a step costs, and where the time of a training goes."""

import cProfile
import pstats
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import torch
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.ppo import PPO, PPOConfig
from cutout_rl.batch import GameBatch
from cutout_rl.command import run_command
from cutout_rl.env import CutOutEnv
from cutout_rl.files import write_json
from cutout_rl.game.rules import N_MOVES
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.segmenters import GrabCutSegmenter, GraphCutSegmenter, Segmenter
from cutout_rl.settings import Settings

FIRST_STEPS: Final = 10
COMPARE_EVERY: Final = 6  # steps between two cold solves of the same strokes


@dataclass(frozen=True)
class Arguments:
    """Time the environment alone, on one thread, and profile a short training."""

    image_size: int = 128
    """Side of the images, in pixels."""
    episodes: int = 20
    """Episodes of 60 random moves of 8 px."""
    training_steps: int = 8192
    """Steps of PPO to profile. 0 leaves it out."""
    growth: bool = False
    """Also time images of 64 to 512 px, and 1 to 256 games on 1, 2 and 4 threads."""
    out: Path | None = None
    """JSON file to write the figures to as well."""


def main() -> None:
    """Parse the flags, time, and print two tables."""
    arguments = tyro.cli(Arguments, prog="python -m experiments.speed")
    torch.set_num_threads(1)
    console = Console()
    figures: dict[str, dict[str, float]] = {}
    figures["environment"] = time_environment(arguments.image_size, arguments.episodes)
    console.print(
        _as_table(f"One environment at {arguments.image_size} px, reward at every step", figures["environment"])
    )
    if arguments.training_steps > 0:
        figures["training"] = profile_training(arguments.training_steps)
        console.print(_as_table("PPO at its defaults, profiled on one thread", figures["training"]))
    if arguments.growth:
        figures["image size"] = time_image_sizes()
        console.print(
            _as_table("Steps/s of one environment by image size, new images drawn apart", figures["image size"])
        )
        figures["batch"] = time_batches()
        console.print(_as_table("Steps/s of a batch at 128 px, observations included", figures["batch"]))
    if arguments.out is not None:
        write_json(arguments.out, figures)


def time_environment(image_size: int, episodes: int) -> dict[str, float]:
    """Play random episodes from the empty canvas, and now and then cut the same strokes cold.

    Returns:
        Milliseconds and ratios, by what they say.
    """
    env = CutOutEnv(image_size=image_size)
    env.action_space.seed(0)
    steps = np.empty((episodes, env.settings.step_count))
    resets = np.empty(episodes)
    cold: dict[str, list[float]] = {"cold graph cut": [], "cv2.grabCut": []}
    opponents: dict[str, Segmenter] = {"cold graph cut": GraphCutSegmenter(), "cv2.grabCut": GrabCutSegmenter()}
    # Compiled functions are loaded, and the first images drawn, before the clock runs.
    _play_once(env)
    for segmenter in opponents.values():
        _milliseconds(_cut_cold, segmenter, env)
    for episode in track(range(episodes), "playing", transient=True):
        resets[episode] = _milliseconds(partial(env.reset, seed=episode))
        for step in range(steps.shape[1]):
            action = env.action_space.sample()
            steps[episode, step] = _milliseconds(env.step, action)
            if step % COMPARE_EVERY == 0:
                for name, segmenter in opponents.items():
                    cold[name].append(_milliseconds(_cut_cold, segmenter, env))
    figures = {
        "steps/s": 1000 / float(steps.mean()),
        "step, mean ms": float(steps.mean()),
        "step, median ms": float(np.median(steps)),
        "step, 95th percentile ms": float(np.percentile(steps, 95)),
        f"first {FIRST_STEPS} steps, mean ms": float(steps[:, :FIRST_STEPS].mean()),
        "later steps, mean ms": float(steps[:, FIRST_STEPS:].mean()),
        "reset, mean ms": float(resets.mean()),
    }
    for name, times in cold.items():
        figures[f"{name}, mean ms"] = float(np.mean(times))
        figures[f"{name} / step, means"] = float(np.mean(times) / steps.mean())
        figures[f"{name} / step, medians"] = float(np.median(times) / np.median(steps))
    return figures


def time_image_sizes(sizes: tuple[int, ...] = (64, 128, 256, 512), episodes: int = 4) -> dict[str, float]:
    """Play whole random episodes at several sizes; the same moves, so strokes cover less of a larger image."""
    figures = {}
    for size in sizes:
        env = CutOutEnv(image_size=size)
        env.action_space.seed(0)
        _play_once(env)
        steps = []
        for episode in range(episodes):
            env.reset(seed=episode)
            steps += [_milliseconds(env.step, env.action_space.sample()) for _ in range(env.settings.step_count)]
        figures[f"{size} px"] = 1000 / float(np.mean(steps))
    return figures


def time_batches(
    counts: tuple[int, ...] = (1, 4, 16, 64, 256), threads: tuple[int, ...] = (1, 2, 4)
) -> dict[str, float]:
    """Play one random episode in batches of several sizes; a batch on more threads plays the same moves."""
    figures = {}
    for count in counts:
        for thread_count in threads:
            batch = GameBatch(Settings(), count, threads=thread_count)
            batch.reset(range(count))
            moves = np.random.default_rng(0).integers(0, N_MOVES, (Settings().step_count, count))
            milliseconds = _milliseconds(_play_batch, batch, moves)
            figures[f"{count} games, {thread_count} threads"] = 1000 * moves.size / milliseconds
    return figures


def _play_batch(batch: GameBatch, moves: NDArray[np.int64]) -> None:
    for actions in moves:
        batch.step(actions)
        batch.observe()


def profile_training(timesteps: int) -> dict[str, float]:
    """Profile PPO at its defaults, everything on one thread.

    Returns:
        Steps per second without the profiler, and the share of wall time, in percent, by part.
    """
    config = PPOConfig(total_timesteps=timesteps)
    model = PPO().make_model(config, config.make_env(threads=1))
    model.learn(config.n_envs * config.n_steps)
    profiler = cProfile.Profile()
    seconds = _milliseconds(model.learn, timesteps) / 1000
    profiler.enable()
    model.learn(timesteps)
    profiler.disable()
    statistics = pstats.Stats(profiler)
    total = _cumulative(statistics, "on_policy_algorithm.py", "learn")
    cut = _cumulative(statistics, "graph_cut.py", "add") + _cumulative(statistics, "graph_cut.py", "begin")
    images = _cumulative(statistics, "source.py", "__getitem__")
    environment = sum(_cumulative(statistics, "sb3_vec_env.py", name) for name in ("step_wait", "reset"))
    return {
        "steps/s": timesteps / seconds,
        "cut, % of wall time": 100 * cut / total,
        "drawing new faces, %": 100 * images / total,
        "rest of the environment, %": 100 * (environment - cut - images) / total,
        "network: choosing moves and learning, %": 100 * (total - environment) / total,
    }


def _play_once(env: CutOutEnv) -> None:
    env.reset(seed=0)
    for _ in range(env.settings.step_count - 1):
        env.step(env.action_space.sample())


def _cut_cold(segmenter: Segmenter, env: CutOutEnv) -> NDArray[np.bool_]:
    game = env.game
    return segmenter.segment(game.sample.image, game.labels == LABELLED_INSIDE, game.labels == LABELLED_OUTSIDE)


def _milliseconds(work: Callable[..., object], *arguments: Any) -> float:
    start = perf_counter()
    work(*arguments)
    return (perf_counter() - start) * 1000


def _cumulative(statistics: pstats.Stats, file: str, function: str) -> float:
    # get_stats_profile() knows functions by their bare name, and many are called `learn` or `add`.
    entries: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = statistics.stats  # type: ignore[attr-defined]
    return max(entry[3] for (path, _, name), entry in entries.items() if name == function and path.endswith(file))


def _as_table(title: str, figures: dict[str, float]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}")
    return table


if __name__ == "__main__":
    run_command(main)
