"""What the tests of files made to harm share."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEEP = "[" * 100_000 + "]" * 100_000
Change = Callable[[dict[str, Any]], object]


def change(file: Path, how: Change) -> None:
    record = json.loads(file.read_text())
    how(record)
    file.write_text(json.dumps(record))


def make_pipe(file: Path) -> None:
    os.mkfifo(file)


def make_sparse(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(6 * 10**9)
