"""`python -m cutout_rl.experiments.report.time.profile`: profile one training, and write down where its time goes."""

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.experiments.report.time.sweep import RECIPE
from cutout_rl.experiments.speed.training import profile_training
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import run_command


@dataclass(frozen=True)
class Arguments:
    """Profile PPO by the report's recipe, on one thread."""

    segmenter: str
    """What turns strokes into a mask."""
    timesteps: int
    """Steps to profile."""
    seed: int
    """Seed of the training."""
    out: Path
    """JSON file to write the shares to, in % of the wall time."""


def main() -> None:
    """Parse the flags, profile, and write."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.report.time.profile")
    torch.set_num_threads(1)
    # A training is never shorter than the steps between two updates.
    n_steps = max(1, min(PPOConfig.n_steps, arguments.timesteps // PPOConfig.n_envs))
    config = PPOConfig(
        segmenter=arguments.segmenter,
        total_timesteps=arguments.timesteps,
        n_steps=n_steps,
        seed=arguments.seed,
        **RECIPE,
    )
    write_json(arguments.out, profile_training(config))


if __name__ == "__main__":
    run_command(main)
