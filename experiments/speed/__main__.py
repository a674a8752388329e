"""`python -m cutout_rl.experiments.speed`: the time of a step and its parts, and of a training run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from rich.console import Console
from rich.table import Table

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.experiments.speed.batch_speed import batch_memory, time_batches
from cutout_rl.experiments.speed.breakdown import break_down
from cutout_rl.experiments.speed.cold_solvers import time_cold_solvers
from cutout_rl.experiments.speed.environment_speed import time_environment
from cutout_rl.experiments.speed.image_sizes import time_image_sizes
from cutout_rl.experiments.speed.training_profile import profile_training, training_rate
from cutout_rl.game.rules import ImageSide
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count, Range


@dataclass(frozen=True)
class Arguments:
    """Time the environment on one thread, whole and by part, at several sizes, and profile a short training run."""

    image_size: ImageSide = 128
    """Side of the images, in pixels."""
    episodes: Count = 20
    """Number of episodes of random actions."""
    training_steps: Annotated[int, Range(0, 10**9)] = 8192
    """Number of PPO steps to profile; 0 skips it."""
    growth: bool = True
    """Also time images of 32 to 512 px, and batches of 1 to 1,024 games on 1 and 2 threads."""
    pymaxflow: bool = False
    """Also time PyMaxflow, which is GPL: pip installs it into a temporary environment."""
    out: Path | None = None
    """JSON file for the results."""


def main() -> None:
    """Parse the flags, time, and print the tables."""
    arguments = parse_arguments(Arguments, "experiments.speed")
    torch.set_num_threads(1)
    console = Console()
    size = arguments.image_size
    written: dict[str, Any] = {}

    written["environment"], steps, positions = time_environment(size, arguments.episodes)
    _print_values(console, f"One environment at {size} px, reward at every step", written["environment"])
    written["cold solvers"] = time_cold_solvers(steps, positions, arguments.pymaxflow)
    _print_values(console, "Every sixth of its positions cut from nothing", written["cold solvers"])
    breakdown = break_down(size, arguments.episodes)
    written["breakdown"] = breakdown._asdict()
    _print_parts(console, "A step", breakdown.step)
    _print_parts(console, "A reset on a face drawn before", breakdown.reset)
    console.print(f"Drawing a new face takes {breakdown.new_face:.3g} ms.\n")

    if arguments.training_steps > 0:
        written["training"] = profile_training(PPOConfig(total_timesteps=arguments.training_steps))
        stock = PPOConfig(total_timesteps=arguments.training_steps, network="nature")
        written["training"]["steps/s with --network nature"] = training_rate(stock)
        _print_values(console, "PPO at its defaults, profiled on one thread", written["training"])
    if arguments.growth:
        written["image size"] = time_image_sizes()
        _print_table(console, "One environment by image size", written["image size"])
        written["batch"] = time_batches()
        _print_table(
            console, "Steps/s of a batch at 128 px by its number of games, observations included", written["batch"]
        )
        written["memory of 64 games, MB"] = batch_memory(64)
        console.print(f"64 games hold {written['memory of 64 games, MB']:.0f} MB at most.\n")
    if arguments.out is not None:
        write_json(arguments.out, written)


def _print_values(console: Console, title: str, values: dict[str, float]) -> None:
    _print_table(console, title, {name: {"": value} for name, value in values.items()})


def _print_parts(console: Console, whole: str, milliseconds: dict[str, float]) -> None:
    total = sum(milliseconds.values())
    rows = {name: {"ms": value, "%": 100 * value / total} for name, value in milliseconds.items()}
    _print_table(console, f"{whole} by part, mean {total:.3g} ms", rows)


def _print_table(console: Console, title: str, rows: dict[str, dict[str, float]]) -> None:
    columns = next(iter(rows.values()))
    table = Table("", *columns, box=None, show_header=any(columns))
    for name, cells in rows.items():
        table.add_row(name, *(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" for value in cells.values()))
    console.print(title, style="bold")
    console.print(table)
    console.print()


if __name__ == "__main__":
    run_command(main)
