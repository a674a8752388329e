"""A training run as `python -m cutout_rl.train` does it, in a process of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Final

from cutout_rl.experiments.benchmark.child import run_module
from cutout_rl.runs.run_folder import RunFolder

ENDLESS: Final = 1_000_000_000  # steps of a run that is ended by the clock


def train(
    flags: Sequence[str],
    timesteps: int | None,
    minutes: float | None,
    folder: Path,
    stop: Event,
    say: Callable[[str], None],
) -> None:
    """Train, or go on with a run that was interrupted; what it prints is kept in the folder's `training.log`.

    Args:
        flags: of `cutout_rl.train` for a new run, without its budget and folder.
        timesteps: to train for, in all; None leaves it to the flags.
        minutes: to train for instead, in all.
        folder: of the run.
        stop: set from outside to interrupt the run.
        say: told how far it is.

    Raises:
        CutOutError: the run failed, with what it said at the end, or a process left from earlier is still at it.
        KeyboardInterrupt: `stop` was set; the run has saved its checkpoint.
    """
    run = RunFolder(folder)
    where = ["--resume", str(folder)] if (folder / "run.json").exists() else [*flags, "--out", str(folder)]
    budget = [] if timesteps is None else ["--total-timesteps", str(timesteps)]
    if minutes is not None:
        budget = ["--total-timesteps", str(ENDLESS), "--minutes", str(minutes)]

    def look() -> None:
        timesteps = run.read("metrics.csv").get("timesteps", [0.0])
        say(f"training, {timesteps[-1]:,.0f} steps")

    run_module("cutout_rl.train", [*where, *budget], folder / "training.log", stop, look)
