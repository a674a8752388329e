"""A study of the report, and the runs of its sweep."""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.report.budget import Budget
from cutout_rl.experiments.report.claims import Claim, conclude
from cutout_rl.experiments.report.study_results import CurvePoint, Results
from cutout_rl.experiments.scores import Score, read_scores
from cutout_rl.runs.run_folder import RunFolder

# The report's recipe: a stock network, scribbles drawn on the image, the IoU as the reward, a textbook cut.
REPORT: Final = (
    "--algo ppo --network nature --observation overlay --reward iou --segmenter textbook --step-len 8 --step-count 60"
    " --image-size 128 --observation-size 64"
)
# The report's recipe learns nothing within an hour, so that its variants would not differ. These flags do: egocentric
# crops, marked pens, the change of the IoU as the reward, and our cut.
LEARNING: Final = "--network crops --observation layers --reward delta --segmenter graphcut"
# The work of a run's job, given the agent, the seed and the run's folder.
Work = Callable[[str, int, Path, Event, Say], list[Score]]


@dataclass(frozen=True)
class Sweep:
    """Training runs that differ in a few flags.

    Attributes:
        variants: flags of `cutout_rl.train` for each variant, appended to those of `REPORT`.
        steps_per_hour: steps of each run for which the sweep takes an hour on two cores with three seeds.
    """

    variants: Mapping[str, str]
    steps_per_hour: int

    def flags(self, variant: str, seed: int, budget: Budget) -> list[str]:
        """Return the flags of one run, without its folder."""
        steps = budget.timesteps(self.steps_per_hour)
        text = f"{REPORT} {self.variants[variant]} --test-images 0 --eval-every {max(1, steps // 4)} {budget.flags}"
        return [*shlex.split(text), "--total-timesteps", str(steps), "--seed", str(seed)]


@dataclass(frozen=True)
class Study:
    """A study of the report.

    Attributes:
        title: of the study.
        section: of the report.
        found: the report's finding, in one or more sentences.
        agents: the agents compared, in order.
        curve: the column of a run's `metrics.csv` that is its learning curve.
        list_jobs: lists the jobs for a budget and the study's folder.
        claims: tests the claims of the finding on the results.
        draw: draws the results into a PNG file.
        conclude: returns the conclusion from the claims, a sentence.
    """

    title: str
    section: str
    found: str
    agents: Sequence[str]
    curve: str
    list_jobs: Callable[[Budget, Path], list[Job]]
    claims: Callable[[Results], list[Claim]]
    draw: Callable[[Results, Path], None]
    conclude: Callable[[Sequence[Claim]], str] = conclude

    def results(self, budget: Budget, folder: Path) -> Results | None:
        """Read the results of the jobs in the study's folder; return None while some are not done.

        Raises:
            CutOutError: a file is damaged.
        """
        jobs = self.list_jobs(budget, folder)
        if not all(job.scores.exists() for job in jobs):
            return None
        points = [
            CurvePoint(agent, seed, *row)
            for agent in self.agents
            for seed in budget.seeds
            for row in _curve(run_folder(folder, agent, seed), self.curve)
        ]
        return Results(self.agents, [score for job in jobs for score in read_scores(job.scores)], points)


def list_runs(agents: Iterable[str], work: Work, budget: Budget, folder: Path) -> list[Job]:
    """List a job for each agent and seed, seed by seed, so that early results compare all agents."""
    runs = [(agent, seed, run_folder(folder, agent, seed)) for seed in budget.seeds for agent in agents]
    return [
        Job(f"{agent}, seed {seed}", run / "scores.csv", partial(work, agent, seed, run)) for agent, seed, run in runs
    ]


def run_folder(folder: Path, agent: str, seed: int) -> Path:
    """Return the folder of a run."""
    return folder / "runs" / file_name(agent) / f"seed-{seed}"


def file_name(label: str) -> str:
    """Convert a label to a file name: its words, joined by hyphens."""
    return "-".join(re.findall(r"[\w.]+", label))


def _curve(folder: Path, column: str) -> list[tuple[float, float, float]]:
    metrics = RunFolder(folder).read("metrics.csv")
    return list(zip(*(metrics.get(name, []) for name in ("timesteps", "seconds", column)), strict=True))
