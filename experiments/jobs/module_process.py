"""Modules run as commands in their own processes, with a log and an interrupt."""

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

POLL_SECONDS: Final = 1
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def run_module(
    module: str, arguments: Sequence[str], log: Path, stop: Event, poll: Callable[[], None] = lambda: None
) -> None:
    """Run `python -m MODULE` on one thread and wait for its end.

    Args:
        module: to run.
        arguments: of the command.
        log: file to which its output is appended; only one process at a time may use its folder.
        stop: event that interrupts the process with SIGINT.
        poll: called about every second meanwhile.

    Raises:
        CutOutError: the command failed, with the last line of its output, or another process uses the folder.
        KeyboardInterrupt: `stop` was set, and the command has handled SIGINT.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        _lock(stream, log.parent)
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=stream,
            stderr=stream,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # else the terminal would send Ctrl-C a second time
            preexec_fn=_interrupt_with_parent if _LIBC else None,
        )
        try:
            while process.poll() is None and not stop.is_set():
                poll()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            status = process.wait()
    if stop.is_set():
        raise KeyboardInterrupt
    if status:
        raise CutOutError(_last_line(log) or f"{module} ended with status {status}.")


def _interrupt_with_parent() -> None:
    # A killed parent cannot interrupt the command; the kernel then sends SIGINT.
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _lock(log: TextIO, folder: Path) -> None:
    # The process inherits the lock with the log, and holds it for its lifetime, even if this process dies.
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CutOutError(
            f"Another process is still at work in {folder}; wait for it or stop it, then run the command again."
        ) from None


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else ""
