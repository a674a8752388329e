"""Atomic file writes: an interruption leaves the old file intact."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

PARTIAL: Final = ".partial-"
_LONGEST_NAME: Final = 220  # bytes; file systems allow 255


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on an error.

    A killed process leaves the temporary file, whose name begins with `PARTIAL`.

    Raises:
        OSError: the file cannot be written; the error names it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The prefix would make a long name too long for the file system.
    is_long = len(os.fsencode(path.name)) > _LONGEST_NAME
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest() if is_long else path.name
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{name}")
    try:
        with name_file_in_errors(path):
            yield temporary
            # Synced before renaming, so that a power failure leaves the old or the new file.
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def clear_partial(folder: Path, unused_for: float = 3600.0) -> None:
    """Remove the temporary files of killed processes from a folder, recursively.

    The process in a file's name may be of another machine or container, so its age tells that it was killed.

    Args:
        folder: the folder.
        unused_for: seconds since the last write after which a file is removed; 0 if nobody else writes to the folder.
    """
    for file in folder.rglob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):  # its process has renamed it meanwhile
            if time.time() - file.stat().st_mtime >= unused_for:
                file.unlink()


@contextmanager
def name_file_in_errors(path: Path) -> Iterator[None]:
    """Add the file name to an `OSError` without one, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    write_text(path, json.dumps(value, indent=2) + "\n")
