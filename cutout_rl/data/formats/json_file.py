"""The values of untrusted JSON."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown

_MAX_DIGITS: Final = 40

T = TypeVar("T")


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Convert the exceptions that missing keys and wrong types raise into a `CutOutError`."""
    try:
        yield
    except KeyError as error:
        raise CutOutError(f"{what} is damaged (it lacks {shown(error.args[0])}); export it again.") from None
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError, IndexError) as error:
        raise CutOutError(f"{what} is damaged ({shown(str(error))}); export it again.") from None


def objects_of(record: object, key: str) -> list[dict[str, Any]]:
    """Return the list of JSON objects under a key of a JSON object.

    Raises:
        KeyError: there is no such key.
        TypeError: the record is no object, or the value no list of objects.
    """
    if not isinstance(record, dict):
        raise TypeError("it is not a JSON object")
    found = record[key]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TypeError(f"'{key}' is not a list of JSON objects")
    return found


def referenced(table: Mapping[int | str, T], key: object, kind: str) -> T:
    """Return what an id refers to; `kind` says what that is, such as "image".

    Raises:
        TypeError: the id is neither an integer nor text.
        ValueError: the table does not hold it.
    """
    found = as_key(key)
    if found not in table:
        raise ValueError(f"the file has no {kind} {shown(found)}")
    return table[found]


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
