"""A training run as `python -m cutout_rl.train` does it, in a process of its own."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Final, TextIO

from cutout_rl.command import INTERRUPTED
from cutout_rl.errors import CutOutError
from cutout_rl.run_folder import RunFolder

ENDLESS: Final = 1_000_000_000  # steps of a run that is ended by the clock
SECONDS_BETWEEN_LOOKS: Final = 1
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


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
        minutes: to train for, in all, by the clock of the run's `metrics.csv`; then the run is interrupted as by
            Ctrl-C. None lets it come to its end.
        folder: of the run.
        stop: set from outside to interrupt the run.
        say: told how far it is.

    Raises:
        CutOutError: the run failed, with what it said at the end, or a process left from earlier is still at it.
        KeyboardInterrupt: `stop` was set; the run has saved its checkpoint.
    """
    run = RunFolder(folder)
    where = ["--resume", str(folder)] if (folder / "run.json").exists() else [*flags, "--out", str(folder)]
    if minutes is not None:
        timesteps = ENDLESS
    budget = [] if timesteps is None else ["--total-timesteps", str(timesteps)]
    seconds = float("inf") if minutes is None else 60 * minutes
    if _newest(run, "seconds") >= seconds:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "training.log").open("a", encoding="utf-8") as log:
        _lock(log, folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "cutout_rl.train", *where, *budget],
            stdout=log,
            stderr=log,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # Ctrl-C is passed on once, not twice
        )
        try:
            while process.poll() is None and not stop.is_set() and _newest(run, "seconds") < seconds:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(SECONDS_BETWEEN_LOOKS)
                say(f"training, {_newest(run, 'timesteps'):,.0f} steps")
        finally:
            interrupted = process.poll() is None
            if interrupted:
                process.send_signal(signal.SIGINT)
            status = process.wait()
    if stop.is_set():
        raise KeyboardInterrupt
    if status and not (interrupted and status in (INTERRUPTED, -signal.SIGINT)):
        raise CutOutError(_last_words(folder / "training.log") or f"The training ended with status {status}.")


def _newest(run: RunFolder, column: str) -> float:
    return run.read("metrics.csv").get(column, [0.0])[-1]


def _lock(log: TextIO, folder: Path) -> None:
    # The process inherits the lock with the log, and so holds it as long as it lives, whatever becomes of this one.
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CutOutError(
            f"A process left from an earlier start still trains {folder}; end it or wait, then start again."
        ) from None


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else ""
