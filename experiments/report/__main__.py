"""`python -m cutout_rl.experiments.report`: the 2017 report again, study by study."""

import signal
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated

import torch
import tyro
from rich.console import Console

from cutout_rl.experiments.benchmark.runner import run_jobs
from cutout_rl.experiments.report.budget import BUDGETS, BudgetName
from cutout_rl.experiments.report.findings import Finding, find
from cutout_rl.experiments.report.page import write_page
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Run the studies of the 2017 report again, or go on with them, and say whether its findings held.

    Started again, it skips what is finished and goes on with what is not. The studies: sanity, off-the-shelf,
    observation, step-count, reward-at-end, learning-rate, epoch-size, step-length, image-size, time, ours.
    """

    studies: Annotated[tuple[str, ...], tyro.conf.Positional] = tuple(STUDIES)
    """Which studies. Default: all."""
    budget: BudgetName = "hour"
    """smoke: seconds a study, to see that it works. hour: three seeds, about an hour a study on two cores. full: five
    seeds and ten times the steps."""
    page: bool = False
    """Run nothing; build one HTML page of all studies that are done, OUT/BUDGET/index.html."""
    jobs: int = 2
    """Runs at once, each in a process of its own."""
    ray: str | None = None
    """Do them on a Ray cluster instead, one on each of its cores: its address, "auto" for the one that this machine
    belongs to, or "here" for one of this machine alone (see docs/cluster.md)."""
    out: Path = Path("results/report")
    """Folder of everything: OUT/BUDGET/STUDY."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before anything is run.

        Raises:
            CutOutError: a value does not fit.
        """
        for study in self.studies:
            require_choice("study", study, STUDIES)
        if self.jobs < 1:
            raise CutOutError(f"jobs is {self.jobs}, but must be at least 1.")

    def folder(self, study: str) -> Path:
        """Name a study's folder."""
        return self.out / self.budget / study


def main() -> None:
    """Parse the flags, and run the studies or build the page."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.report")
    torch.set_num_threads(1)
    console = Console()
    if arguments.page:
        _build_page(arguments, console)
        return
    failed = [study for study in arguments.studies if not _run(arguments, study, console)]
    if failed:
        raise CutOutError(
            f"Not all of {', '.join(failed)} could be done, as told above; the same command tries it again and skips"
            " the rest."
        )


def _run(arguments: Arguments, name: str, console: Console) -> bool:
    study, budget, folder = STUDIES[name], BUDGETS[arguments.budget], arguments.folder(name)
    console.print(f"{study.title} ({study.section})", style="bold")
    started = monotonic()
    try:
        faults = run_jobs(study.list_jobs(budget, folder), arguments.jobs, console, arguments.ray)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here")
        raise
    for job, words in faults.items():
        console.print(f"{job} failed: {words}", markup=False, highlight=False)
    finding = find(study, budget, folder)
    if finding is not None:
        console.print(f"{finding.found} {finding.came_out}", markup=False, highlight=False)
        console.print(f"{folder}, after {monotonic() - started:.0f} s\n")
    return finding is not None


def _build_page(arguments: Arguments, console: Console) -> None:
    budget = BUDGETS[arguments.budget]
    found = {name: find(study, budget, arguments.folder(name)) for name, study in STUDIES.items()}
    findings: dict[str, Finding] = {name: finding for name, finding in found.items() if finding is not None}
    if not findings:
        raise CutOutError(
            f"No study in {arguments.out / arguments.budget} has been run to its end; run one first, without --page."
        )
    path = arguments.out / arguments.budget / "index.html"
    write_page(path, arguments.budget, budget, findings)
    console.print(f"{len(findings)} of {len(STUDIES)} studies: {path}")


if __name__ == "__main__":
    # Runs at work save their checkpoints on SIGTERM too. A shell may start a job in the background with SIGINT ignored,
    # which the runs would inherit, and then nothing could end them in time.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    run_command(main)
