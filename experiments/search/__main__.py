"""`python -m cutout_rl.experiments.search`: search for the hyperparameters of an agent."""

import shlex
import signal
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.experiments.records import require_same_flags
from cutout_rl.experiments.search.search_flags import Arguments
from cutout_rl.experiments.search.trial_figures import draw_trials
from cutout_rl.experiments.search.trial_records import Trial, best_of, read_trials
from cutout_rl.experiments.terminal import wide_console
from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError

SHOWN = 10


def main() -> None:
    """Parse the flags, run the missing trials, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.search")
    console = wide_console(130)
    require_same_flags(arguments.out / "flags.json", arguments.same_for_all())
    file = arguments.out / "trials.csv"
    trials = read_trials(file, arguments.space)
    faults: dict[str, str] = {}
    if len(trials) < arguments.trials:
        if trials:
            console.print(f"{len(trials)} of {arguments.trials} trials are done already")
        connect(arguments.ray)
        from cutout_rl.experiments.search.tuning import search

        try:
            faults = search(arguments, trials, file, console)
        except KeyboardInterrupt:
            console.print("stopped; run the same command to resume")
            raise
    if trials:
        _report(arguments, trials, file.parent, console)
    for name, message in faults.items():
        console.print(f"{name} failed: {message}", markup=False, highlight=False)
    if faults:
        raise CutOutError(f"{len(faults)} trials failed; see the errors above. The same command tries them again.")


def _report(arguments: Arguments, trials: Sequence[Trial], out: Path, console: Console) -> None:
    draw_trials(trials, arguments.space, out / "trials.png")
    table = Table("IoU", *(f"--{name}" for name in arguments.space), "steps", box=None, title="Best trials")
    for trial in sorted(trials, key=lambda trial: -trial.iou)[:SHOWN]:
        table.add_row(f"{trial.iou:.3f}", *map(str, trial.point.values()), f"{trial.timesteps:,}")
    console.print(table)
    command = shlex.join(["python", "-m", "cutout_rl.train", *arguments.flags(best_of(trials).point)])
    write_text(out / "best.txt", command + "\n")
    console.print(f"best: {command}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"trials and figure: {out}")


if __name__ == "__main__":
    # A shell may start background jobs with SIGINT ignored. SIGTERM, too, has the runs save their checkpoints.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    run_command(main)
