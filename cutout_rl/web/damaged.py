"""Damaged files of the page: renamed, so that the page goes on without them and nothing is lost."""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final, TypeVar

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import require_regular_file

Content = TypeVar("Content")

ENDING: Final = ".damaged"
_LONGEST_NAME: Final = 240  # bytes, without the ending


def read_intact(
    file: Path, decode: Callable[[bytes], Content], content: str, report: Callable[[str], None]
) -> Content | None:
    """Read a file; set it aside if it is damaged.

    Args:
        file: to read, which need not exist.
        decode: its decoder, which raises a ValueError or a `CutOutError` if the file is damaged.
        content: what it holds, in the plural and with a capital letter, such as "The classes".
        report: is called with a sentence if the file was set aside.

    Returns:
        What the file holds; None without an intact file.

    Raises:
        CutOutError: the file is damaged and cannot be renamed.
        OSError: it cannot be read.
    """
    try:
        require_regular_file(file, f"The file {file}")
        return decode(file.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, CutOutError):  # decoding errors of msgspec are ValueErrors
        report(set_aside(file, f"{content} in {file} are damaged"))
        return None


def set_aside(file: Path, problem: str) -> str:
    """Rename a damaged file to `NAME.damaged`, or to `NAME.damaged-2` and so on if there is one.

    Args:
        file: to rename.
        problem: the beginning of the sentence, such as "The scores in scores.json are damaged".

    Returns:
        A sentence for the user.

    Raises:
        CutOutError: it cannot be renamed.
    """
    stem = os.fsencode(file.name)[:_LONGEST_NAME].decode(errors="ignore")
    names = (f"{stem}{ENDING}{'' if number == 1 else f'-{number}'}" for number in count(1))
    target = next(path for path in map(file.with_name, names) if not path.exists())
    try:
        file.rename(target)
    except OSError as error:
        raise CutOutError(f"{problem}, and the file cannot be renamed ({error.strerror}); move it away.") from None
    return f"{problem}; the file is now {target.name}, and the page goes on without it."
