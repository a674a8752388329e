"""Rows of results in a CSV file, from which an interrupted command resumes."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, get_type_hints

from cutout_rl.utils.atomic_write import replacing, write_json
from cutout_rl.utils.errors import CutOutError

Row = TypeVar("Row", bound=NamedTuple)


class Records(Generic[Row]):
    """The rows of a study's CSV file, which is rewritten whenever rows are added.

    Attributes:
        rows: those of the file, then those added, in order.
    """

    def __init__(self, path: Path, kind: type[Row], flags: Mapping[str, Any]) -> None:
        """Read the file, if it exists.

        Args:
            path: of the file.
            kind: class of the rows, whose fields are the columns.
            flags: the flags that all rows depend on.

        Raises:
            CutOutError: the file is damaged, or its rows were computed with other flags.
        """
        require_same_flags(path.parent / "flags.json", flags)
        self.rows = read_rows(path, kind)
        self._path = path
        self._kind = kind

    def keys(self, n_fields: int) -> set[tuple[Any, ...]]:
        """Return the first fields of all rows, which identify the parts of the study that are done."""
        return {row[:n_fields] for row in self.rows}

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows and write the file."""
        self.rows += rows
        write_rows(self._path, self.rows, self._kind)


def write_rows(path: Path, rows: Iterable[NamedTuple], kind: type[NamedTuple]) -> None:
    """Write rows of one kind to a file, with the names of the fields as the header."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([kind._fields, *rows])


def read_rows(path: Path, kind: Callable[..., Row]) -> list[Row]:
    """Read rows of one kind from a file; return an empty list if there is no file.

    Raises:
        CutOutError: the file is damaged.
    """
    types = get_type_hints(kind)
    return read_table(path, lambda row: kind(**{name: convert(row[name]) for name, convert in types.items()}))


def read_table(path: Path, make: Callable[[dict[str, str]], Row]) -> list[Row]:
    """Read a file and make a row of the texts of each line; return an empty list if there is no file.

    Raises:
        CutOutError: the file is damaged: `make` raises KeyError, TypeError or ValueError.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    try:
        return [make(line) for line in lines]
    except (KeyError, TypeError, ValueError):
        raise CutOutError(f"{path} is damaged; delete it and run the command again.") from None


def require_same_flags(file: Path, flags: Mapping[str, Any]) -> None:
    """Write the flags that all results in the file's folder depend on, or compare them with those written before.

    Raises:
        CutOutError: the results were computed with other flags, or the file is damaged.
    """
    if not file.exists():
        write_json(file, flags)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        wanted = json.loads(json.dumps(flags))
        # A flag that is newer than the file has no value in it.
        other = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    except (ValueError, TypeError, AttributeError):
        raise CutOutError(f"{file} is damaged or of an older version; give another folder with --out.") from None
    if other:
        flag, value = f"--{other[0].replace('_', '-')}", found.get(other[0])
        raise CutOutError(
            f"{file.parent} holds results with {flag} {value}; give the same value or another folder with --out."
        )
