"""Damaged files of the page: renamed, so that the page goes on without them and nothing is lost."""

import os
from itertools import count
from pathlib import Path
from typing import Final

from cutout_rl.utils.errors import CutOutError

ENDING: Final = ".damaged"
_LONGEST_NAME: Final = 240  # bytes, without the ending


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
