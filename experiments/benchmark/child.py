"""Commands that run in processes of their own, with a log, and can be told to stop."""

import ctypes
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

from cutout_rl.utils.errors import CutOutError

SECONDS_BETWEEN_LOOKS: Final = 1
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def run_module(
    module: str, arguments: Sequence[str], log: Path, stop: Event, look: Callable[[], None] = lambda: None
) -> None:
    """Run `python -m MODULE` on one thread to its end.

    Args:
        module: what to run.
        arguments: of the command.
        log: file that what it prints is added to; its folder belongs to one process at a time.
        stop: set from outside to interrupt it as by Ctrl-C.
        look: called about every second meanwhile.

    Raises:
        CutOutError: it failed, with what it said at the end, or a process left from earlier is still at it.
        KeyboardInterrupt: `stop` was set; what the command does on Ctrl-C is done.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        _lock(stream, log.parent)
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=stream,
            stderr=stream,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # Ctrl-C is passed on once, not twice
            preexec_fn=_end_with_parent if _LIBC else None,
        )
        try:
            while process.poll() is None and not stop.is_set():
                look()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(SECONDS_BETWEEN_LOOKS)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            status = process.wait()
    if stop.is_set():
        raise KeyboardInterrupt
    if status:
        raise CutOutError(_last_words(log) or f"{module} ended with status {status}.")


def _end_with_parent() -> None:
    # Killed, this process cannot pass anything on: then the system is to interrupt the command as Ctrl-C would.
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _lock(log: TextIO, folder: Path) -> None:
    # The process inherits the lock with the log, and so holds it as long as it lives, whatever becomes of this one.
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CutOutError(
            f"A process left from an earlier start is still at work in {folder}; end it or wait, then start again."
        ) from None


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else ""
