"""Parsing of untrusted JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from cutout_rl.data.formats.annotation import shown
from cutout_rl.utils.errors import CutOutError

MAX_BYTES: Final = 256 * 2**20


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
        raise CutOutError(f"{what} is damaged (it lacks {error}); export it again.") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CutOutError(f"{what} is damaged ({shown(str(error))}); export it again.") from None


def require_int(value: object) -> int:
    """Return a JSON value that must be an integer.

    Raises:
        TypeError: it is anything else, such as True or 1.0.
    """
    if type(value) is not int:
        raise TypeError(f"{shown(value)} is not an integer")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
