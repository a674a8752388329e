"""The entry point of all commands: flags, exit statuses and one-line error messages."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TypeVar

import tyro

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import require_ranges

Arguments = TypeVar("Arguments")

# The user can remedy these system errors. Others are bugs and keep their traceback.
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)

USER_ERROR = 2
INTERRUPTED = 130
TERMINATED = 143
CLOSED_OUTPUT = 141  # as a shell reports a command that SIGPIPE has ended


class Terminated(KeyboardInterrupt):
    """SIGTERM, as sent by `kill`, `docker stop` and schedulers of clusters; handled like Ctrl-C."""


def parse_arguments(kind: type[Arguments], command: str) -> Arguments:
    """Parse the flags of a command.

    Args:
        kind: dataclass of the flags; its docstring is the text of `--help`.
        command: name of the command's module, below `cutout_rl`.

    Raises:
        CutOutError: a number is outside its range.
        SystemExit: the flags cannot be parsed, or `--help` is among them.
    """
    arguments = tyro.cli(kind, prog=f"python -m cutout_rl.{command}")
    require_ranges(arguments)
    return arguments


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a command and exit.

    The status is 0 on success, 2 after invalid input or a file that cannot be read or written (one sentence on standard
    error), 130 after Ctrl-C, 143 after SIGTERM, and 141 if the reader of the output, such as `head`, has closed it.
    """
    hook, threading.excepthook = threading.excepthook, _ignore_os_errors
    try:
        with _raising_on_sigterm():
            main()
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python flushes standard output once more at its exit
        sys.exit(CLOSED_OUTPUT)
    except CutOutError as error:
        _fail(str(error), USER_ERROR)
    except OSError as error:
        name = error.filename2 or error.filename or "a file"
        if error.errno in _NO_SPACE:
            _fail(f"Cannot write {name}: {error.strerror}; free some space or choose another path.", USER_ERROR)
        if error.errno in _NO_ACCESS:  # to read or to write
            _fail(f"Cannot use {name}: {error.strerror}; change its permissions or choose another path.", USER_ERROR)
        raise
    except Terminated:
        sys.exit(TERMINATED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        threading.excepthook = hook
    sys.exit(0)


@contextmanager
def _raising_on_sigterm() -> Iterator[None]:
    """Raise `Terminated` on SIGTERM, unless the command handles the signal itself."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _ignore_os_errors(args: threading.ExceptHookArgs) -> None:
    # TensorBoard's writer thread raises its errors again in the main thread.
    if not issubclass(args.exc_type, OSError):
        threading.__excepthook__(args)


def _fail(message: str, status: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)
