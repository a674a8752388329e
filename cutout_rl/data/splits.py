"""Which split a name belongs to: decided by the name alone, so that adding files never moves another one."""

import hashlib

from cutout_rl.data.source import Split

_UPPER_PERCENT: dict[Split, int] = {"train": 70, "val": 85, "test": 100}
SPLITS: tuple[Split, ...] = tuple(_UPPER_PERCENT)


def split_of(name: str) -> Split:
    """Hash a name with SHA-256 into train (70 %), val (15 %) or test (15 %); the same on every machine."""
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).digest()
    percent = int.from_bytes(digest, "little") % 100
    return next(split for split, upper in _UPPER_PERCENT.items() if percent < upper)


def split_within(name: str, held_out: bool) -> Split:
    """Hash a name of a set that holds images out itself: these are test, of others 85 % are train and 15 % val."""
    if held_out:
        return "test"
    return "val" if split_of(name) == "test" else "train"
