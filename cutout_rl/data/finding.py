"""Finding the folders and the lists of files that a data source needs, or saying which one is missing."""

from difflib import get_close_matches
from pathlib import Path

from cutout_rl.utils.errors import CutOutError

_MAX_NAMED = 8


def require_folder(folder: Path, mend: str) -> None:
    """Check that a folder is there.

    Raises:
        CutOutError: it is not; the sentence names what lies beside its place, and ends in `mend`.
    """
    if not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}{_hint(folder, folders=True)}: {mend}.")


def require_file(file: Path, mend: str) -> None:
    """Check that a file is there; raises as `require_folder`."""
    if not file.is_file():
        raise CutOutError(f"There is no file {file}{_hint(file, folders=False)}: {mend}.")


def _hint(path: Path, folders: bool) -> str:
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    others = sorted(other.name for other in beside if other.is_dir() == folders)
    near = get_close_matches(path.name, others, n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    if others:
        hints.append(f"{path.parent} holds {', '.join(others[:_MAX_NAMED])}{', ...' * (len(others) > _MAX_NAMED)}")
    return f" ({' '.join(hints)})" if hints else ""
