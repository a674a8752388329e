"""Rows of results in a CSV file, which a command that was stopped goes on from."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from cutout_rl.utils.atomic_write import replacing, write_json
from cutout_rl.utils.errors import CutOutError

Row = TypeVar("Row")


def write_rows(path: Path, rows: Iterable[NamedTuple], kind: type[NamedTuple]) -> None:
    """Write a file of rows of one kind, whose fields head the columns."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([kind._fields, *rows])


def read_rows(path: Path, kind: Callable[..., Row]) -> list[Row]:
    """Read a file of rows of one kind, a class with typed fields; nothing where there is none.

    Raises:
        CutOutError: it is damaged.
    """
    types = get_type_hints(kind)
    return read_table(path, lambda row: kind(**{name: convert(row[name]) for name, convert in types.items()}))


def read_table(path: Path, make: Callable[[dict[str, str]], Row]) -> list[Row]:
    """Read a file of rows, each made of the texts in its columns; nothing where there is none.

    Raises:
        CutOutError: it is damaged: `make` raises KeyError, TypeError or ValueError.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    try:
        return [make(row) for row in rows]
    except (KeyError, TypeError, ValueError):
        raise CutOutError(f"{path} is damaged; delete it, and start again to have it made anew.") from None


def require_same_flags(folder: Path, flags: Mapping[str, Any]) -> None:
    """Write down what all rows in a folder depend on, or check that they were made with the same.

    Raises:
        CutOutError: they were made with other flags.
    """
    file = folder / "flags.json"
    if not file.exists():
        write_json(file, flags)
    elif json.loads(file.read_text(encoding="utf-8")) != flags:
        raise CutOutError(f"{folder} holds what was done with other flags; name another folder by --out.")
