"""What every command does around its work: mistakes become a sentence, an interruption a hint."""

import errno
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from cutout_rl.utils.errors import CutOutError

# The disk is full, or the place cannot be written to; every other error of the system is ours, and shows its traceback.
_CANNOT_WRITE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR),
)

USER_ERROR = 2
INTERRUPTED = 130


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a command and exit.

    The status is 0, 2 after a mistake in what the user gave or a full disk (one sentence on standard error), or 130
    after Ctrl-C.
    """
    hook, threading.excepthook = threading.excepthook, _leave_to_the_main_thread
    try:
        main()
    except CutOutError as error:
        _fail(str(error), USER_ERROR)
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        name = error.filename2 or error.filename or "a file"
        _fail(f"Cannot write {name}: {error.strerror}; make room or name another place.", USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        threading.excepthook = hook
    sys.exit(0)


def _leave_to_the_main_thread(args: threading.ExceptHookArgs) -> None:
    # TensorBoard writes in a thread of its own, and raises what went wrong there again in the main one.
    if not issubclass(args.exc_type, OSError):
        threading.__excepthook__(args)


def _fail(sentence: str, status: int) -> NoReturn:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(status)
