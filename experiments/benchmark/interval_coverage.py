"""`python -m cutout_rl.experiments.benchmark.interval_coverage`: how often intervals of few runs hold the true value.

Runs are simulated whose true interquartile mean is known. The score of run r on image m is the logistic function of
a_m + b_r + c_rm, with standard deviations of 1 for the images, 0.1 for the runs and 0.5 for both together: means of
runs differ by 0.02, as those of PPO do.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cutout_rl.experiments.statistics import Scores, interquartile_interval, interquartile_mean
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count, Range, Seed

_TRUE_RUNS = 1000  # of the simulation that tells the true value
_MEAN, _IMAGES, _RUNS, _BOTH = 2.0, 1.0, 0.1, 0.5


@dataclass(frozen=True)
class CoverageArguments:
    """Simulate benchmarks of few runs, and count how often the 95 % interval holds the true interquartile mean."""

    runs: tuple[Annotated[int, Range(2, 10**4)], ...] = (3, 5, 10)
    """Numbers of runs."""
    images: Count = 20
    """Images that each run plays."""
    cases: Count = 1000
    """Simulated benchmarks for each number of runs."""
    seed: Seed = 0
    """Seed of the simulation."""


def coverage(runs: int, images: int, cases: int, seed: int) -> float:
    """Return the share of simulated benchmarks whose interval holds the true interquartile mean.

    Args:
        runs: of each benchmark, at least 2.
        images: that each run plays.
        cases: benchmarks.
        seed: of the simulation.
    """
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(cases):
        difficulty = rng.normal(_MEAN, _IMAGES, images)
        truth = interquartile_mean([_simulate(rng, difficulty, _TRUE_RUNS)])
        interval = interquartile_interval([_simulate(rng, difficulty, runs)])
        assert interval is not None
        hits += bool(interval.low <= truth <= interval.high)
    return hits / cases


def _simulate(rng: np.random.Generator, difficulty: NDArray[np.float64], runs: int) -> Scores:
    shape = (runs, len(difficulty))
    logits = difficulty + rng.normal(0, _RUNS, (runs, 1)) + rng.normal(0, _BOTH, shape)
    return np.asarray(1 / (1 + np.exp(-logits)))


def main() -> None:
    """Parse the flags and print the table."""
    arguments = parse_arguments(CoverageArguments, "experiments.benchmark.interval_coverage")
    table = Table("runs", "coverage", "standard error", box=None)
    for runs in arguments.runs:
        share = coverage(runs, arguments.images, arguments.cases, arguments.seed)
        error = np.sqrt(share * (1 - share) / arguments.cases)
        table.add_row(str(runs), f"{share:.1%}", f"{error:.1%}")
    Console().print(table)


if __name__ == "__main__":
    run_command(main)
