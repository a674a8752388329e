"""The image files of a folder, and what else it holds: nothing is passed over without being counted."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutout_rl.data.formats.image_names import is_file_name
from cutout_rl.data.image_files import SUFFIXES, is_readable, unreadable_remedy
from cutout_rl.data.splits import own_name
from cutout_rl.utils.shown import first_names, shown

# Images that are named when they are left out; anything else is "another file".
_UNREADABLE: Final = (".svg", ".psd", ".jp2", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".ico")
_OF_SYSTEMS: Final = ("thumbs.db", "desktop.ini")
_MOST_SEARCHED: Final = 10_000  # entries of subfolders


@dataclass(frozen=True)
class FolderListing:
    """The content of a folder.

    Attributes:
        folder: the folder.
        images: the image files that can be read here, sorted.
        others: files that are not read, in no order.
        left_out: a clause for each kind of other content, such as "1 other file (notes.txt)".
    """

    folder: Path
    images: tuple[Path, ...]
    others: tuple[Path, ...]
    left_out: tuple[str, ...]

    def counts(self) -> str:
        """Return a sentence on what is read and what is left out, without the full stop."""
        n_images = len(self.images)
        read = f"{n_images} image{'s' * (n_images != 1)} of {self.folder}"
        return f"{read}; left out: {', '.join(self.left_out)}" if self.left_out else read


def list_folder(folder: Path, suffixes: Collection[str] = SUFFIXES, ignored: Collection[str] = ()) -> FolderListing:
    """List the image files of a folder; hidden files are ignored.

    Args:
        folder: the folder; its subfolders are not read, but counted where they hold images.
        suffixes: file name suffixes of images, in lower case.
        ignored: names of subfolders that are not counted.
    """
    images: list[str] = []
    unreadable: list[str] = []
    others: list[str] = []
    misnamed: list[str] = []
    subfolders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower() in _OF_SYSTEMS:
                continue
            suffix = os.path.splitext(entry.name)[1].lower()
            if entry.is_dir():
                subfolders.append(entry.name)
            elif not entry.is_file():
                others.append(entry.name)
            elif not is_file_name(entry.name):
                misnamed.append(entry.name)
            elif suffix in suffixes and is_readable(suffix):
                images.append(entry.name)
            elif suffix in suffixes or suffix in _UNREADABLE:
                unreadable.append(entry.name)
            else:
                others.append(entry.name)
    counts = Counter(os.path.splitext(name)[1].lower() for name in unreadable)
    left_out = [
        f"{count} {suffix[1:].upper()} ({unreadable_remedy(suffix)})" for suffix, count in sorted(counts.items())
    ]
    deeper = {name: _count_images(folder / name) for name in sorted(subfolders) if name not in ignored}
    inside = {name: count for name, count in deeper.items() if count}
    if inside:
        left_out.append(_in_subfolders(inside))
    if misnamed:
        left_out.append(f"{len(misnamed)} with control characters in their names ({first_names(map(shown, misnamed))})")
    if others:
        left_out.append(f"{len(others)} other file{'s' * (len(others) != 1)} ({first_names(sorted(others))})")
    unread = tuple(folder / name for name in (*unreadable, *others))
    return FolderListing(folder, tuple(folder / name for name in sorted(images)), unread, tuple(left_out))


def by_name(files: Iterable[Path]) -> dict[str, list[Path]]:
    """Group files by the stem that pairs an image with its mask, in Unicode NFC."""
    found: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        found[own_name(file.name)].append(file)
    return found


def _in_subfolders(inside: dict[str, int]) -> str:
    count = sum(inside.values())
    images = f"{count} image{'s' * (count > 1)}"
    if len(inside) == 1:
        return f"{images} in a subfolder ({first_names(inside)}; name it to read it)"
    return f"{images} in subfolders ({first_names(inside)}; name one of them to read it)"


def _count_images(folder: Path) -> int:
    count = 0
    for number, name in enumerate(_names_below(folder)):
        if number == _MOST_SEARCHED:
            break
        count += not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
    return count


def _names_below(folder: Path) -> Iterator[str]:
    for _, _, names in os.walk(folder):
        yield from names
