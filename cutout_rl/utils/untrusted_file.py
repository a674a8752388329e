"""Reading of files that others may have made: their kind and size, and the depth of JSON, have limits."""

import json
import stat
from pathlib import Path
from typing import Any, Final, NoReturn

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown

MAX_BYTES: Final = 256 * 2**20
MAX_DEPTH: Final = 64


def read_file(
    path: Path, what: str, max_bytes: int = MAX_BYTES, remedy: str | None = None, first: int | None = None
) -> bytes:
    """Read a regular file of at most `max_bytes`; neither a pipe nor a device is opened.

    Args:
        path: the file.
        what: the file, as the beginning of a sentence.
        max_bytes: its largest size.
        remedy: what to do about a file that cannot be read.
        first: read so many bytes from its beginning only.

    Raises:
        CutOutError: it is missing, too large, unreadable or no regular file.
    """
    try:
        size = require_regular_file(path, what, max_bytes, remedy)
        with path.open("rb") as stream:
            return stream.read(size if first is None else min(first, size))
    except OSError as error:
        raise CutOutError(f"{what} cannot be read ({error.strerror}); {remedy or 'check the file'}.") from None


def require_regular_file(path: Path, what: str, max_bytes: int = MAX_BYTES, remedy: str | None = None) -> int:
    """Check a file before it is opened, and return its size in bytes; the arguments are those of `read_file`.

    Raises:
        CutOutError: it is too large or no regular file.
        OSError: it is missing or cannot be examined.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise CutOutError(f"{what} cannot be read, because it is no regular file; {remedy or 'name a file'}.")
    if status.st_size > max_bytes:
        raise CutOutError(f"{what} is larger than {max_bytes >> 20} MiB; {remedy or 'split it'}.")
    return status.st_size


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


def parse_record(data: bytes | str, allow_nan: bool = False) -> dict[str, Any]:
    """Parse a JSON object that is nested at most 64 deep.

    Args:
        data: UTF-8.
        allow_nan: accept NaN and infinity.

    Raises:
        ValueError: it is anything else.
    """
    try:
        record = json.loads(data, parse_constant=None if allow_nan else _refuse)
    except RecursionError:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep") from None
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    level: list[Any] = [record]
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in _items(value) if isinstance(item, list | dict)]
    if level:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    return record


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


def _items(value: list[Any] | dict[str, Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
