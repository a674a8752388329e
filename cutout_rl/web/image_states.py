"""Which images the user has finished or skipped: one file for a folder."""

from collections.abc import Collection
from typing import Literal

import msgspec

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.kept_by_image import KeptByImage

Kept = Literal["done", "skipped"]
ImageState = Literal["untouched", "begun", "done", "skipped"]


class ImageStates(KeptByImage[Kept]):
    """The images that are done or skipped; the others are begun if they have strokes, else untouched."""

    content = "The states of images"
    decoder = msgspec.json.Decoder(dict[str, Kept])

    def of(self, name: str, edited: Collection[str]) -> ImageState:
        """Return the state of an image, given the names of those with strokes.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        return self.load().get(name) or ("begun" if name in edited else "untouched")

    def set(self, name: str, state: str) -> None:
        """Mark an image as done or skipped; any other state removes the mark.

        Raises:
            CutOutError: there is no such state.
            OSError: the file cannot be written; the state stays.
        """
        with self._lock:
            kept = dict(self.load())
            kept.pop(name, None)
            if state == "done" or state == "skipped":
                kept[name] = "done" if state == "done" else "skipped"
            elif state not in ("untouched", "begun"):
                raise CutOutError(f"There is no state {state[:40]!r}; choose from: untouched, begun, done, skipped.")
            self._save(kept)
