"""Reading JSON that nobody vouches for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from cutout_rl.data.formats.annotation import shown
from cutout_rl.utils.errors import CutOutError

MAX_BYTES: Final = 256 * 2**20


def parse_json(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> Any:
    """Parse UTF-8 JSON in which every number is finite.

    Args:
        data: the file.
        what: the file, as the beginning of a sentence.
        max_bytes: that it may have.

    Raises:
        CutOutError: it is too large or no JSON.
    """
    try:
        return json.loads(text_of(data, what, max_bytes), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CutOutError(f"{what} is no JSON ({shown(str(error))}); export it again.") from None


def text_of(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> str:
    """Decode UTF-8 of at most `max_bytes`, with or without a byte order mark.

    Raises:
        CutOutError: it is too large or no UTF-8.
    """
    if len(data) > max_bytes:
        raise CutOutError(f"{what} is larger than {max_bytes >> 20} MiB; split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CutOutError(f"{what} is no UTF-8 text; export it again.") from None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn the errors of a file that lacks something, or has it of another type, into a sentence."""
    try:
        yield
    except KeyError as error:
        raise CutOutError(f"{what} is damaged (it lacks {error}); export it again.") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CutOutError(f"{what} is damaged ({shown(str(error))}); export it again.") from None


def whole(value: object) -> int:
    """Give an integer that JSON holds.

    Raises:
        TypeError: it is something else; True and 1.0 are.
    """
    if type(value) is not int:
        raise TypeError(f"{shown(value)} is no whole number")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
