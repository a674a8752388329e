"""`python -m cutout_rl.experiments.report.profiling`: profile a training run and write the shares of its wall time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.experiments.speed.training_profile import profile_training
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Seed, Steps

# The report's recipe.
RECIPE: Final[dict[str, Any]] = {
    "network": "nature",
    "observation": "overlay",
    "reward": "iou",
    "step_len": 8,
    "step_count": 60,
}


@dataclass(frozen=True)
class Arguments:
    """Profile PPO with the report's recipe, on one thread."""

    segmenter: str
    """Name of the segmenter."""
    timesteps: Steps
    """Number of steps to profile."""
    seed: Seed
    """Seed of the run."""
    out: Path
    """JSON file for the shares, in % of the wall time."""


def main() -> None:
    """Parse the flags, profile, and write the shares."""
    arguments = parse_arguments(Arguments, "experiments.report.profiling")
    torch.set_num_threads(1)
    # A run has at least one update.
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
