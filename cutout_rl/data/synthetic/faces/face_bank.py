"""Faces that were drawn before, in a file that all threads and runs of a machine share."""

import hashlib
import logging
import os
import sys
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numba
import numpy as np
import scipy

from cutout_rl.data.source import Sample

LIMIT: Final = 512 * 2**20  # bytes of all banks together
_CHECKSUM: Final = 4  # bytes


def cache_folder() -> Path:
    """Return the folder named by CUTOUT_RL_CACHE, or else `cutout-rl` in the platform's folder for caches."""
    if named := os.environ.get("CUTOUT_RL_CACHE"):
        return Path(named)
    usual = {"win32": os.environ.get("LOCALAPPDATA"), "darwin": "~/Library/Caches"}.get(sys.platform)
    return Path(os.environ.get("XDG_CACHE_HOME") or usual or "~/.cache").expanduser() / "cutout-rl"


@cache
def renderer_hash() -> str:
    """Return a hash of all that determines the pixels besides index, size and masks: source files and libraries."""
    digest = hashlib.blake2b(digest_size=16)
    here = Path(__file__).parent
    for file in (here.parent / "procedural_source.py", *sorted(here.glob("*.py"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    digest.update(" ".join(library.__version__ for library in (np, numba, scipy, cv2)).encode())
    return digest.hexdigest()


@cache  # so that a process warns once
def open_bank(folder: Path, size: int, masks: str) -> "FaceBank":
    """Return the process's bank of faces of one size and kind of masks."""
    return FaceBank(folder, size, masks)


class FaceBank:
    """A file of faces of the train split, at the place of their index, each with a checksum.

    The file is opened for every access, without a lock: it may be deleted, damaged, or written by another process at
    any time. A face whose checksum is wrong counts as missing. All processes write the same bytes.
    """

    def __init__(self, folder: Path, size: int, masks: str) -> None:
        """Choose the file; `size` is the side of the faces in pixels."""
        name = f"faces-{size}-{masks}-{renderer_hash()}.bank"
        self.path = folder / name
        self._size = size
        self._image_bytes = 3 * size**2
        self._slot = _CHECKSUM + self._image_bytes + -(-(size**2) // 8)
        self._seed = zlib.crc32(name.encode())
        self._writable = True
        with suppress(OSError):
            os.utime(self.path)  # the banks used longest ago are removed first

    def read(self, index: int) -> Sample | None:
        """Return face `index`, or None if it is not there."""
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(index * self._slot)
                slot = file.read(self._slot)
        except OSError:
            return None
        if len(slot) < self._slot or slot[:_CHECKSUM] != self._checksum(index, memoryview(slot)[_CHECKSUM:]):
            return None
        side = self._size
        image = np.frombuffer(slot, np.uint8, self._image_bytes, _CHECKSUM).reshape(side, side, 3)
        bits = np.frombuffer(slot, np.uint8, offset=_CHECKSUM + self._image_bytes)
        mask = np.unpackbits(bits, count=side**2).view(np.bool_).reshape(side, side)
        return Sample(image, mask, np.zeros((side, side), np.bool_), f"train-{index:07d}")

    def write(self, index: int, face: Sample) -> None:
        """Store a face without void; do nothing if the banks would grow beyond `LIMIT`, or cannot be written."""
        end = (index + 1) * self._slot
        if not self._writable or end > LIMIT:
            return
        content = face.image.tobytes() + np.packbits(face.mask).tobytes()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+b") as file:
                if end > os.fstat(file.fileno()).st_size:
                    self._make_room(end)
                file.seek(index * self._slot)
                file.write(self._checksum(index, content) + content)
        except OSError as error:
            self._writable = False
            logging.getLogger(__name__).warning(
                "faces are drawn anew: their bank cannot be written (%s); name another folder in CUTOUT_RL_CACHE",
                error,
            )

    def _checksum(self, index: int, content: bytes | memoryview) -> bytes:
        return zlib.crc32(content, self._seed ^ index).to_bytes(_CHECKSUM, "little")

    def _make_room(self, n_bytes: int) -> None:
        """Remove the oldest other banks until there is room for `n_bytes`."""
        others = []
        for path in self.path.parent.glob("faces-*.bank"):
            with suppress(OSError):  # removed by another process
                if path != self.path:
                    others.append((path.stat().st_mtime, path.stat().st_size, path))
        total = n_bytes + sum(size for _, size, _ in others)
        for _, size, path in sorted(others):
            if total <= LIMIT:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
                total -= size
