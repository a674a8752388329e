"""The folder in which the page keeps strokes, exports and scores."""

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Final, Literal

import msgspec

from cutout_rl.utils.atomic_write import clear_partial, write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import MAX_EDITS, Edit

_VERSION: Final = 1
MAX_SCORES: Final = 1_000


class _StrokesFile(msgspec.Struct):
    version: Literal[1]
    size: tuple[int, int]
    acts: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_EDITS)]


class Storage:
    """A folder of the users' work.

    | file | content |
    |---|---|
    | `strokes/NAME.json` | the edits of an image, in pixels of the image |
    | `images/` | uploads |
    | `network/` | weights and settings of the network trained on the strokes |
    | `scores.json` | finished games |
    | `demonstrations/N/` | finished games in the format of `cutout_rl.evaluation.demonstrations` |
    | `exports/` | the latest exports |

    Every file is written beside the old one and renamed, so that a killed process leaves whole files only.
    """

    def __init__(self, folder: Path) -> None:
        """Remove partial files of a killed server; the folder is created on the first write."""
        self.folder = folder
        clear_partial(folder)
        self.lock = Lock()

    @property
    def uploads(self) -> Path:
        """The folder of uploads."""
        return self.folder / "images"

    def save_edits(self, name: str, size: tuple[int, int], edits: Sequence[Edit]) -> None:
        """Write the edits of an image of that (height, width), in place of the earlier ones."""
        record = {"version": _VERSION, "image": name, "size": list(size), "acts": [to_json(edit) for edit in edits]}
        with self.lock:
            write_text(self._strokes(name), json.dumps(record, separators=(",", ":")))

    def load_edits(self, name: str, size: tuple[int, int]) -> list[Edit]:
        """Read the edits of an image; an empty list if there is no file.

        Raises:
            CutOutError: the file is damaged, of another version, or belongs to an image of another size.
        """
        file = self._strokes(name)
        try:
            record = msgspec.json.decode(file.read_bytes(), type=_StrokesFile)
            if record.size != size:
                raise CutOutError("It belongs to another image.")
            return [from_json(value, size) for value in record.acts]
        except FileNotFoundError:
            return []
        except (msgspec.DecodeError, RecursionError, CutOutError):
            raise CutOutError(f"The strokes in {file} do not fit the image {name}; move the file away.") from None

    def edited_images(self) -> set[str]:
        """Return the names of the images that have a file of strokes."""
        return {file.name.removesuffix(".json") for file in (self.folder / "strokes").glob("[!.]*.json")}

    def scores(self) -> list[dict[str, Any]]:
        """Read the table of scores, newest last.

        Raises:
            CutOutError: the file is damaged.
        """
        file = self.folder / "scores.json"
        try:
            rows = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except ValueError:
            rows = None
        if not isinstance(rows, list):
            raise CutOutError(f"{file} is damaged; move it away.")
        return rows

    def add_score(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Append a finished game to the table of scores, keep the newest thousand rows, and return them."""
        with self.lock:
            rows = [*self.scores(), row][-MAX_SCORES:]
            write_text(self.folder / "scores.json", json.dumps(rows, indent=1))
        return rows

    def _strokes(self, name: str) -> Path:
        return self.folder / "strokes" / f"{name}.json"
