"""What the page keeps on disk: strokes after each one, exports, and a table of scores."""

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cutout_rl.utils.atomic_write import clear_partial, write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import MAX_ACTS, Act, read_act, to_json

_VERSION: Final = 1
MAX_SCORES: Final = 1_000


class Keeping:
    """A folder of what people did.

    | file | content |
    |---|---|
    | `strokes/NAME.json` | what was done to an image, in pixels of the image |
    | `images/` | uploads |
    | `network/` | weights and settings of the network that learns from the strokes |
    | `scores.json` | finished games |
    | `demonstrations/N/` | finished games as `cutout_rl.evaluation.demonstrations` reads them |
    | `exports/` | what was exported last |

    Every file is written beside the old one and renamed, so that a process killed at any moment leaves whole files.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder, which is made when something is kept, and remove what a killed server left half written."""
        self.folder = folder
        clear_partial(folder)
        self.lock = Lock()

    @property
    def uploads(self) -> Path:
        """Where uploads go."""
        return self.folder / "images"

    def save_acts(self, name: str, size: tuple[int, int], acts: Sequence[Act]) -> None:
        """Keep what was done to an image, in place of what was kept before."""
        record = {"version": _VERSION, "image": name, "size": list(size), "acts": [to_json(act) for act in acts]}
        with self.lock:
            write_text(self._strokes(name), json.dumps(record, separators=(",", ":")))

    def load_acts(self, name: str, size: tuple[int, int]) -> list[Act]:
        """Read what was done to an image; nothing where none is kept.

        Raises:
            CutOutError: the file is damaged, of another version, or belongs to an image of another size.
        """
        file = self._strokes(name)
        try:
            record: Any = json.loads(file.read_text(encoding="utf-8"))
            if record["version"] != _VERSION or record["size"] != list(size) or len(record["acts"]) > MAX_ACTS:
                raise CutOutError("It belongs to another version or another image.")
            return [read_act(value, size) for value in record["acts"]]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError, RecursionError, CutOutError):
            raise CutOutError(f"The strokes in {file} do not fit the image {name}; move the file away.") from None

    def touched(self) -> set[str]:
        """Give the names of the images that strokes are kept of."""
        return {file.name.removesuffix(".json") for file in (self.folder / "strokes").glob("[!.]*.json")}

    def scores(self) -> list[dict[str, Any]]:
        """Read the table of scores, newest last.

        Raises:
            CutOutError: it is damaged.
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
        """Add a finished game to the table, of which the newest thousand are kept, and give it."""
        with self.lock:
            rows = [*self.scores(), row][-MAX_SCORES:]
            write_text(self.folder / "scores.json", json.dumps(rows, indent=1))
        return rows

    def _strokes(self, name: str) -> Path:
        return self.folder / "strokes" / f"{name}.json"
