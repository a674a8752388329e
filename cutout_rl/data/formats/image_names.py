"""The names by which annotation files call their images, and the image files they mean."""

import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from cutout_rl.data.image_files import Shape
from cutout_rl.data.splits import normalised
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown

_MAX_BYTES: Final = 255  # of a file name, on all common file systems
_MAX_PATH: Final = 4096
_LOCAL_FILES: Final = "/data/local-files/"  # of Label Studio, before ?d=PATH
_OF_LABEL_STUDIO: Final = ("/data/upload/", _LOCAL_FILES)
# Control characters, halves of characters, line and paragraph separators. Spaces of any kind and joiners are usual.
_BAD_CATEGORIES: Final = ("Cc", "Cs", "Zl", "Zp")


def require_file_name(name: object) -> str:
    """Check that an image name is a plain file name.

    Raises:
        CutOutError: it contains a folder, is empty or too long, or contains invalid characters.
    """
    if not isinstance(name, str) or not is_file_name(name):
        raise CutOutError(f"{shown(name)} is no file name of an image; name images without their folders.")
    return name


def is_file_name(name: str) -> bool:
    """Return whether a string is a plain file name without control characters."""
    return name not in (".", "..") and _is_plain(name) and "/" not in name and "\\" not in name


def image_path(name: object) -> tuple[str, ...]:
    """Return the folders and the file name, in Unicode NFC, by which an annotation file calls an image.

    Slashes may be of either kind, `./` may precede, and of a URL the last part counts.

    Raises:
        CutOutError: the name leads out of the folder, is absolute, empty or too long, or contains invalid characters.
    """
    if not isinstance(name, str) or len(name) > _MAX_PATH:
        raise CutOutError(f"{shown(name)} is no file name of an image; name images relative to their folder.")
    if "://" in name or name.startswith(_OF_LABEL_STUDIO):
        url = urlsplit(name)
        local = parse_qs(url.query).get("d") if url.path.endswith(_LOCAL_FILES) else None
        parts = [(local[0] if local else unquote(url.path)).rpartition("/")[2]]
    else:
        parts = [part for part in name.replace("\\", "/").split("/") if part != "."]
    if not all(part != ".." and _is_plain(part) for part in parts) or not parts or parts[0].endswith(":"):
        raise CutOutError(f"{shown(name)} is no file name of an image; name images relative to their folder.")
    return tuple(map(normalised, parts))


class KnownImages:
    """The images that a decoder knows, by their plain file names.

    Attributes:
        shapes: height and width of each.
    """

    def __init__(self, shapes: Mapping[str, Shape], what: str) -> None:
        """Index the names.

        Args:
            shapes: height and width of every known image, turned upright, by file name.
            what: the annotation file, as the beginning of a sentence.
        """
        self.shapes = shapes
        self._what = what
        self._names = {normalised(name): name for name in shapes}
        self._paths: dict[str, tuple[str, ...]] = {}

    def find(self, name: object) -> str:
        """Return the known image that an annotation file calls `name`.

        Raises:
            CutOutError: there is none, or the file has called it by another path, so that two images are meant.
        """
        path = image_path(name)
        known = self._names.get(path[-1]) or self._names.get(unquote(path[-1]))
        if known is None:
            raise CutOutError(
                f"{self._what} names the image {shown(name)}, which does not exist here; add it, or remove its entry."
            )
        if self._paths.setdefault(known, path) != path:
            raise CutOutError(f"{self._what} names two images {shown(known)} in different folders; rename one.")
        return known


class ImageFinder:
    """Finds image files below several folders, whatever the Unicode form of their names."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """Choose the folders, in the order of preference."""
        self._folders = tuple(dict.fromkeys(folders))
        self._listings: dict[Path, dict[str, str]] = {}

    def __str__(self) -> str:
        """Return the existing folders, for error messages."""
        return ", ".join(str(folder) for folder in self._folders if folder.is_dir())

    def find(self, path: tuple[str, ...]) -> Path | None:
        """Return the file at a relative path, or else the file of that name, in the first folder that has one.

        A name may also be written as in URLs, with %20 for a space.
        """
        for parts in dict.fromkeys((path, path[-1:], (unquote(path[-1]),))):
            for folder in self._folders:
                place = folder.joinpath(*parts[:-1])
                if parts[-1] in (listing := self._listing(place)):
                    return place / listing[parts[-1]]
        return None

    def _listing(self, folder: Path) -> dict[str, str]:
        if folder not in self._listings:
            try:
                self._listings[folder] = {normalised(name): name for name in os.listdir(folder)}
            except OSError:
                self._listings[folder] = {}
        return self._listings[folder]


def _is_plain(name: str) -> bool:
    if any(unicodedata.category(letter) in _BAD_CATEGORIES for letter in name[: _MAX_BYTES + 1]):
        return False
    return 0 < len(name[: _MAX_BYTES + 1].encode(errors="replace")) <= _MAX_BYTES
