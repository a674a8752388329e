"""A lock that one process holds at a time, and that the operating system releases if the process dies."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_HELD: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class LockHeldError(Exception):
    """Another process, or another part of this one, holds the lock."""


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a lock; its file exists meanwhile and is removed at the end.

    A file that a killed process has left is no obstacle. Where the file system has no locks, nothing is locked.

    Raises:
        LockHeldError: the lock is held.
        OSError: the file cannot be created.
    """
    descriptor = _open_and_lock(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # an open file cannot be removed there
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
        else:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def _open_and_lock(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _HELD:
                os.close(descriptor)
                raise LockHeldError from None
        # The holder before may have removed the file between the two lines above.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)
