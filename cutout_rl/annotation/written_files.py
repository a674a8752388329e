"""The record of the files that annotation has written, so that it never replaces a file of somebody else."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Final

from cutout_rl.utils.atomic_write import write_bytes, write_text
from cutout_rl.utils.errors import CutOutError

RECORD: Final = "written.sha256"
_CHUNK: Final = 2**20


class WrittenFiles:
    """The files below a folder that annotation has written, by their SHA-256.

    The record has the format of `sha256sum`. A line is added before its file is written, so that a killed process
    leaves no file without one. A file whose content is not in the record was made, or edited, by somebody else.
    """

    def __init__(self, folder: Path, overwrite: bool = False) -> None:
        """Read the record.

        Args:
            folder: that of the files.
            overwrite: replace files of others too.
        """
        self._folder = folder
        self._overwrite = overwrite
        self._lock = Lock()
        self._hashes: dict[str, list[str]] = {}
        try:
            # A damaged line then names no file, so that its file counts as somebody else's.
            lines = (folder / RECORD).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            digest, _, name = line.partition("  ")
            self._hashes.setdefault(name, []).append(digest)

    def foreign(self, names: Iterable[str]) -> list[str]:
        """Return those of the files, named relative to the folder, that exist and would be replaced without a right."""
        if self._overwrite:
            return []
        paths = ((name, self._folder / name) for name in names)
        return [name for name, path in paths if os.path.lexists(path) and not self.is_own(name)]

    def require_own(self, names: Iterable[str]) -> None:
        """Check that files may be written.

        Raises:
            CutOutError: one of them exists, and annotation has not written it, or somebody has edited it.
        """
        foreign = self.foreign(names)
        if foreign:
            raise CutOutError(refusal(self._folder, foreign))

    def write(self, name: str, data: bytes) -> None:
        """Write a file.

        Raises:
            CutOutError: it exists, and annotation has not written it, or somebody has edited it.
        """
        self.require_own([name])
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if digest not in self._hashes.setdefault(name, []):
                self._hashes[name].append(digest)
                self._folder.mkdir(parents=True, exist_ok=True)
                with (self._folder / RECORD).open("a", encoding="utf-8") as stream:
                    stream.write(f"{digest}  {name}\n")
        write_bytes(self._folder / name, data)
        with self._lock:
            self._hashes[name] = [digest]

    def tidy(self) -> None:
        """Write the record anew, sorted, with the present content of each file.

        Of an edited or missing file every content is kept, because any of them may come back.
        """
        for name, digests in self._hashes.items():
            # A killed process may have recorded a content that it never wrote.
            if len(digests) > 1 and self.is_own(name):
                self._hashes[name] = [content_hash(self._folder / name)]
        if self._hashes:
            lines = (f"{digest}  {name}\n" for name, digests in sorted(self._hashes.items()) for digest in digests)
            write_text(self._folder / RECORD, "".join(lines))

    def is_own(self, name: str) -> bool:
        """Return whether a file is as annotation has written it."""
        path = self._folder / name
        return not path.is_symlink() and path.is_file() and content_hash(path) in self._hashes.get(name, ())


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits.

    Raises:
        CutOutError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise CutOutError(f"{path} cannot be read ({error.strerror}); check the file, or remove it.") from None
    return digest.hexdigest()


def refusal(folder: Path, foreign: list[str]) -> str:
    """Return the sentence on files that annotation may not replace."""
    more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
    return (
        f"{folder / foreign[0]}{more} would be replaced, but annotate has not written it, or it was edited since; use"
        " another --out, or --overwrite to replace it."
    )


def require_no_links(folder: Path, names: Iterable[str]) -> None:
    """Check that no folder that is written to leads elsewhere.

    Raises:
        CutOutError: one is a link.
    """
    for path in (folder / name for name in names):
        if path.is_symlink():
            raise CutOutError(f"{path} is a link to {os.readlink(path)}; remove it, or name the folder with --out.")
