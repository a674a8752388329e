"""The entry point of all commands: exit statuses and one-line error messages."""

import errno
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from cutout_rl.utils.errors import CutOutError

# The disk is full or the path is not writable. Other system errors are bugs and keep their traceback.
_CANNOT_WRITE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR),
)

USER_ERROR = 2
INTERRUPTED = 130


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a command and exit.

    The status is 0 on success, 2 after invalid input or a failed write (one sentence on standard error), and 130 after
    Ctrl-C.
    """
    hook, threading.excepthook = threading.excepthook, _ignore_os_errors
    try:
        main()
    except CutOutError as error:
        _fail(str(error), USER_ERROR)
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        name = error.filename2 or error.filename or "a file"
        _fail(f"Cannot write {name}: {error.strerror}; free some space or choose another path.", USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        threading.excepthook = hook
    sys.exit(0)


def _ignore_os_errors(args: threading.ExceptHookArgs) -> None:
    # TensorBoard's writer thread raises its errors again in the main thread.
    if not issubclass(args.exc_type, OSError):
        threading.__excepthook__(args)


def _fail(message: str, status: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)
