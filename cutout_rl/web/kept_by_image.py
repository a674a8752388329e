"""Something that is kept for images: one JSON file for a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import ClassVar, Generic, TypeVar

import msgspec

from cutout_rl.utils.atomic_write import write_text
from cutout_rl.web.damaged import read_intact

Kept = TypeVar("Kept")


class KeptByImage(Generic[Kept]):
    """A value for each of some images, read when it is first needed.

    Attributes:
        content: what the file holds, in the plural and with a capital letter.
        decoder: of the file, which holds the values by image.
    """

    content: ClassVar[str]
    decoder: msgspec.json.Decoder[dict[str, Kept]]

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

    def load(self) -> dict[str, Kept]:
        """Return the values by image, which must not be modified.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        with self._lock:
            if self._kept is None:
                self._kept = read_intact(self._file, self.decoder.decode, self.content, self._report) or {}
            return self._kept

    def _save(self, kept: dict[str, Kept]) -> None:
        """Replace the values; if the file cannot be written, nothing changes."""
        with self._lock:
            write_text(self._file, json.dumps(kept, indent=1, ensure_ascii=False))
            self._kept = kept
