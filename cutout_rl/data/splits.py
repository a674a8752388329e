"""Assignment of names to splits: it depends on the name only, so adding files never moves another file."""

import hashlib
import os
import unicodedata

from cutout_rl.data.source import Split

_UPPER_PERCENT: dict[Split, int] = {"train": 70, "val": 85, "test": 100}
SPLITS: tuple[Split, ...] = tuple(_UPPER_PERCENT)


def normalised(name: str) -> str:
    """Return a name in Unicode NFC: macOS, archives and annotation tools write one name in several forms."""
    return unicodedata.normalize("NFC", name)


def own_name(file_name: str) -> str:
    """Return the name of an image, the stem of its file in Unicode NFC; it names the samples and decides the split."""
    return normalised(os.path.splitext(file_name)[0])


def split_of(name: str) -> Split:
    """Return train (70 %), val (15 %) or test (15 %) by the SHA-256 of a name; the same on every machine."""
    digest = hashlib.sha256(normalised(name).encode(errors="surrogateescape")).digest()
    percent = int.from_bytes(digest, "little") % 100
    return next(split for split, upper in _UPPER_PERCENT.items() if percent < upper)


def split_within(name: str, held_out: bool) -> Split:
    """Return test for a dataset's own held-out images; split the others by name into train (85 %) and val (15 %)."""
    if held_out:
        return "test"
    return "val" if split_of(name) == "test" else "train"
