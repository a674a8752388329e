"""`python -m cutout_rl.experiments.report`: reproduce the studies of the 2017 report."""

import signal
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated

import torch
import tyro
from rich.console import Console

from cutout_rl.experiments.jobs.job_pool import run_jobs
from cutout_rl.experiments.report.budget import BUDGETS, BudgetName
from cutout_rl.experiments.report.findings import Finding, analyse
from cutout_rl.experiments.report.html_report import write_html_report
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count


@dataclass(frozen=True)
class Arguments:
    """Reproduce the studies of the 2017 report, and print whether its findings held.

    If interrupted, the same command resumes. The studies: sanity, off-the-shelf,
    observation, step-count, reward-at-end, learning-rate, epoch-size, step-length, image-size, time, ours.
    """

    studies: Annotated[tuple[str, ...], tyro.conf.Positional] = tuple(STUDIES)
    """Studies to run. Default: all."""
    budget: BudgetName = "hour"
    """smoke: a few seconds per study, to check that it works. hour: three seeds, about an hour per study on two cores.
    full: five seeds and ten times the steps."""
    page: bool = False
    """Run nothing; write an HTML report of all studies that are done, OUT/BUDGET/index.html."""
    jobs: Count = 2
    """Number of parallel runs, each in its own process."""
    ray: str | None = None
    """Run on a Ray cluster instead, one run per core: its address, "auto" for the cluster of this machine, or "here"
    for a new cluster on this machine alone (see docs/cluster.md)."""
    out: Path = Path("results/report")
    """Output folder; a study's files are in OUT/BUDGET/STUDY."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        for study in self.studies:
            require_choice("study", study, STUDIES)

    def folder(self, study: str) -> Path:
        """Return a study's folder."""
        return self.out / self.budget / study


def main() -> None:
    """Parse the flags, and run the studies or write the HTML report."""
    arguments = parse_arguments(Arguments, "experiments.report")
    torch.set_num_threads(1)
    console = Console()
    if arguments.page:
        _write_report(arguments, console)
        return
    failed = [study for study in arguments.studies if not _run(arguments, study, console)]
    if failed:
        raise CutOutError(
            f"These studies are incomplete: {', '.join(failed)}; see the errors above and run the same command again."
        )


def _run(arguments: Arguments, name: str, console: Console) -> bool:
    study, budget, folder = STUDIES[name], BUDGETS[arguments.budget], arguments.folder(name)
    console.print(f"{study.title} ({study.section})", style="bold")
    started = monotonic()
    try:
        faults = run_jobs(study.list_jobs(budget, folder), arguments.jobs, console, arguments.ray)
    except KeyboardInterrupt:
        console.print("stopped; run the same command to resume")
        raise
    for job, words in faults.items():
        console.print(f"{job} failed: {words}", markup=False, highlight=False)
    finding = analyse(study, budget, folder)
    if finding is not None:
        console.print(f"{finding.found} {finding.came_out}", markup=False, highlight=False)
        console.print(f"{folder}, after {monotonic() - started:.0f} s\n")
    return finding is not None


def _write_report(arguments: Arguments, console: Console) -> None:
    budget = BUDGETS[arguments.budget]
    analysed = {name: analyse(study, budget, arguments.folder(name)) for name, study in STUDIES.items()}
    findings: dict[str, Finding] = {name: finding for name, finding in analysed.items() if finding is not None}
    if not findings:
        raise CutOutError(f"No study in {arguments.out / arguments.budget} is done; run one first, without --page.")
    path = arguments.out / arguments.budget / "index.html"
    write_html_report(path, arguments.budget, budget, findings)
    console.print(f"{len(findings)} of {len(STUDIES)} studies: {path}")


if __name__ == "__main__":
    # On SIGTERM, too, the runs save their checkpoints. SIGINT needs a handler because a shell may start background jobs
    # with SIGINT ignored, which the runs would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    run_command(main)
