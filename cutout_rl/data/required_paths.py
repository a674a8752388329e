"""Checks that the folders and files of a data source exist, with hints on what is there instead."""

from difflib import get_close_matches
from pathlib import Path

from cutout_rl.utils.errors import CutOutError

_MAX_NAMED = 8


def require_folder(folder: Path, remedy: str) -> None:
    """Check that a folder exists.

    Raises:
        CutOutError: it does not; the message lists the other folders there and ends with `remedy`.
    """
    if not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}{_hint(folder, folders=True)}; {remedy}.")


def require_file(file: Path, remedy: str) -> None:
    """Check that a file exists; raise as `require_folder` does."""
    if not file.is_file():
        raise CutOutError(f"There is no file {file}{_hint(file, folders=False)}; {remedy}.")


def _hint(path: Path, folders: bool) -> str:
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    others = sorted(other.name for other in beside if other.is_dir() == folders)
    near = get_close_matches(path.name, others, n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    if others:
        hints.append(f"{path.parent} holds {', '.join(others[:_MAX_NAMED])}{', ...' * (len(others) > _MAX_NAMED)}")
    return f" ({' '.join(hints)})" if hints else ""
