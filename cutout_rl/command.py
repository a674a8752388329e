"""What every command does around its work: mistakes become a sentence, an interruption a hint."""

import errno
import sys
from collections.abc import Callable
from typing import NoReturn

from cutout_rl.errors import CutOutError

USER_ERROR = 2
INTERRUPTED = 130


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a command and exit.

    The status is 0, 2 after a mistake in what the user gave or a full disk (one sentence on standard error), or 130
    after Ctrl-C.
    """
    try:
        main()
    except CutOutError as error:
        _fail(str(error), USER_ERROR)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EROFS):
            raise
        _fail(
            f"Cannot write {error.filename or 'a file'}: {error.strerror}; make room or name another folder.",
            USER_ERROR,
        )
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _fail(sentence: str, status: int) -> NoReturn:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(status)
