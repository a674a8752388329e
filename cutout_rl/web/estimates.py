"""How good agents take the masks of finished images to be: one file for a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Annotated, Final

import msgspec

from cutout_rl.utils.atomic_write import write_text
from cutout_rl.web.damaged import read_intact

_DECODER: Final = msgspec.json.Decoder(dict[str, Annotated[float, msgspec.Meta(ge=0, le=1)]])


class Estimates:
    """The estimated IoU of each image that an agent has finished, if the agent makes estimates."""

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
        self._kept: dict[str, float] | None = None

    def of(self, name: str) -> float | None:
        """Return the estimated IoU of an image, in [0, 1]; None if there is none.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        return self._load().get(name)

    def set(self, name: str, estimate: float) -> None:
        """Keep the estimated IoU of an image, in [0, 1].

        Raises:
            OSError: the file cannot be written; nothing changes.
        """
        with self._lock:
            kept = {**self._load(), name: round(estimate, 4)}
            write_text(self._file, json.dumps(kept, indent=1, ensure_ascii=False))
            self._kept = kept

    def _load(self) -> dict[str, float]:
        with self._lock:
            if self._kept is None:
                self._kept = read_intact(self._file, _DECODER.decode, "The estimates", self._report) or {}
            return self._kept
