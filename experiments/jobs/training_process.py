"""A training run by `python -m cutout_rl.train` in its own process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Final

from cutout_rl.experiments.jobs.module_process import run_module
from cutout_rl.runs.run_folder import RunFolder

ENDLESS: Final = 1_000_000_000  # steps of a run that is limited by time


def train(
    flags: Sequence[str],
    timesteps: int | None,
    minutes: float | None,
    folder: Path,
    stop: Event,
    say: Callable[[str], None],
) -> None:
    """Train, or resume an interrupted run; its output is appended to the folder's `training.log`.

    Args:
        flags: of `cutout_rl.train` for a new run, without its budget and folder.
        timesteps: total number of training steps; None leaves it to the flags.
        minutes: total training time instead.
        folder: of the run.
        stop: event that interrupts the run.
        say: receives progress messages.

    Raises:
        CutOutError: the run failed, with the last line of its output, or another process trains it.
        KeyboardInterrupt: `stop` was set; the run has saved its checkpoint.
    """
    run = RunFolder(folder)
    run_flags = ["--resume", str(folder)] if (folder / "run.json").exists() else [*flags, "--out", str(folder)]
    budget = [] if timesteps is None else ["--total-timesteps", str(timesteps)]
    if minutes is not None:
        budget = ["--total-timesteps", str(ENDLESS), "--minutes", str(minutes)]

    def report_progress() -> None:
        timesteps = run.read("metrics.csv").get("timesteps", [0.0])
        say(f"training, {timesteps[-1]:,.0f} steps")

    run_module("cutout_rl.train", [*run_flags, *budget], folder / "training.log", stop, report_progress)
