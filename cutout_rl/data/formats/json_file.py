"""Parsing of untrusted JSON."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from cutout_rl.data.formats.shown import shown
from cutout_rl.utils.errors import CutOutError

MAX_BYTES: Final = 256 * 2**20
_MAX_DIGITS: Final = 40


def read_file(path: Path, what: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a regular file of at most `max_bytes`; neither a pipe nor a device is opened.

    Args:
        path: the file.
        what: the file, as the beginning of a sentence.
        max_bytes: its largest size.

    Raises:
        CutOutError: it is missing, too large, unreadable or no regular file.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CutOutError(f"{what} cannot be read, because it is no regular file; name a file.")
        if status.st_size > max_bytes:
            raise CutOutError(f"{what} is larger than {max_bytes >> 20} MiB; split it.")
        return path.read_bytes()
    except OSError as error:
        raise CutOutError(f"{what} cannot be read ({error.strerror}); check the file.") from None


def parse_json(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> Any:
    """Parse UTF-8 JSON; NaN and infinity are errors.

    Args:
        data: the file.
        what: the file, as the beginning of a sentence.
        max_bytes: largest size of the file.

    Raises:
        CutOutError: the file is too large or not valid JSON.
    """
    try:
        return json.loads(text_of(data, what, max_bytes), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CutOutError(f"{what} is not valid JSON ({shown(str(error))}); export it again.") from None


def text_of(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> str:
    """Decode at most `max_bytes` of UTF-8, with or without a byte order mark.

    Raises:
        CutOutError: the data is too large or not valid UTF-8.
    """
    if len(data) > max_bytes:
        raise CutOutError(f"{what} is larger than {max_bytes >> 20} MiB; split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CutOutError(f"{what} is not UTF-8 text; export it again.") from None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Convert the exceptions that missing keys and wrong types raise into a `CutOutError`."""
    try:
        yield
    except KeyError as error:
        raise CutOutError(f"{what} is damaged (it lacks {shown(error.args[0])}); export it again.") from None
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError, IndexError) as error:
        raise CutOutError(f"{what} is damaged ({shown(str(error))}); export it again.") from None


def require_int(value: object) -> int:
    """Return a JSON value that must be an integer.

    Raises:
        TypeError: it is anything else, such as True or 1.0.
    """
    if type(value) is not int:
        raise TypeError(f"{shown(value)} is not an integer")
    return value


def as_int(value: object) -> int:
    """Return a JSON value that stands for an integer: an integer, a whole float, or a string of digits.

    Raises:
        TypeError: it is anything else, such as True or "12a".
    """
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    return require_int(value)


def as_key(value: object) -> int | str:
    """Return a JSON value that identifies something: an integer in any form of `as_int`, or a string.

    Raises:
        TypeError: it is anything else.
    """
    try:
        return as_int(value)
    except TypeError:
        if isinstance(value, str):
            return value
        raise


def as_size(value: object) -> int | None:
    """Return a stated height or width; None if it is missing, null, zero or negative, so that nothing is stated.

    Raises:
        TypeError: it is no number.
    """
    if value is None or value == "":
        return None
    size = as_int(value)
    return size if size > 0 else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
