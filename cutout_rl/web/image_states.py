"""Which images the user has finished or skipped: one file for a folder."""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from threading import RLock
from typing import Final, Literal

import msgspec

from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.damaged import read_intact

Kept = Literal["done", "skipped"]
ImageState = Literal["untouched", "begun", "done", "skipped"]
_DECODER: Final = msgspec.json.Decoder(dict[str, Kept])


class ImageStates:
    """The images that are done or skipped; the others are begun if they have strokes, else untouched."""

    def __init__(self, file: Path, lock: RLock, report: Callable[[str], None]) -> None:
        """Name the file; nothing is read.

        Args:
            file: a JSON file, which need not exist.
            lock: held while it is read or written.
            report: is called with a sentence if the file is damaged; it is then renamed.
        """
        self._file = file
        self._lock = lock
        self._report = report
        self._kept: dict[str, Kept] | None = None

    def of(self, name: str, edited: Collection[str]) -> ImageState:
        """Return the state of an image, given the names of those with strokes.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        return self._load().get(name) or ("begun" if name in edited else "untouched")

    def set(self, name: str, state: str) -> None:
        """Mark an image as done or skipped; any other state removes the mark.

        Raises:
            CutOutError: there is no such state.
            OSError: the file cannot be written; the state stays.
        """
        with self._lock:
            kept = dict(self._load())
            kept.pop(name, None)
            if state == "done" or state == "skipped":
                kept[name] = "done" if state == "done" else "skipped"
            elif state not in ("untouched", "begun"):
                raise CutOutError(f"There is no state {state[:40]!r}; choose from: untouched, begun, done, skipped.")
            write_text(self._file, json.dumps(kept, indent=1, ensure_ascii=False))
            self._kept = kept

    def _load(self) -> dict[str, Kept]:
        with self._lock:
            if self._kept is None:
                self._kept = read_intact(self._file, _DECODER.decode, "The states of images", self._report) or {}
            return self._kept
