"""Images and masks in files as a data source: checked, cut to squares, resized and kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID, read_image, read_trimap
from cutout_rl.data.pairing import Pair
from cutout_rl.data.resize import object_square, resize_image, resize_trimap
from cutout_rl.data.source import Sample
from cutout_rl.utils.errors import CutOutError

_MAX_KEPT_BYTES: Final = 128 * 2**20


@dataclass(frozen=True)
class Entry:
    """One object in one image file.

    Attributes:
        name: unique within the source.
        image: the file.
        truth: what errors call the mask: its file, or the file and the object in it.
        read: gives the (H, W) uint8 trimap at the size of the upright image; can be pickled.
    """

    name: str
    image: Path
    truth: str
    read: Callable[[], NDArray[np.uint8]]


def entry_of(pair: Pair | str) -> Entry | str:
    """Make an entry of a pair of an image and a trimap; a sentence stays one."""
    return (
        pair if isinstance(pair, str) else Entry(pair.name, pair.image, str(pair.mask), partial(read_trimap, pair.mask))
    )


class FileSource(ABC):
    """One split of images in files, of any size.

    A picture that is not square is cut to the largest square, moved along the longer side until the object is centred
    or the border reached, then resized. Up to 128 MiB of resized pairs stay in memory; others are read again at every
    access. A pickled copy carries no pixels and checks nothing again.

    Attributes:
        skipped: one sentence for each bad pair that was left out.
    """

    def __init__(self, entries: Iterable[Entry | str], image_size: int, check: bool, skip_bad: bool) -> None:
        """List the pairs of the split.

        Args:
            entries: the pairs, or sentences that say why there is none.
            image_size: the side of the samples in pixels.
            check: read every pair now, to find bad ones.
            skip_bad: read every pair now, leave bad ones out and list them in `skipped`, instead of raising for them.

        Raises:
            CutOutError: the split is empty, or, without `skip_bad`, a pair is bad.
        """
        self._image_size = image_size
        self._entries: list[Entry] = []
        self._kept: dict[str, Sample] = {}
        bad: list[str] = []
        for entry in entries:
            try:
                if isinstance(entry, str):
                    raise CutOutError(entry)
                if check or skip_bad:
                    self._sample(entry)
            except CutOutError as error:
                bad.append(str(error))
            else:
                self._entries.append(entry)
        if bad and not skip_bad:
            raise CutOutError(_with_count(bad))
        if not self._entries:
            raise CutOutError(self._empty(len(bad)))
        self.skipped = tuple(bad)

    @abstractmethod
    def _empty(self, bad_count: int) -> str:
        """Say why no pair is left."""

    def __len__(self) -> int:
        """Count the pairs of the split."""
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        """Give pair `index` in fresh arrays of `image_size` squared.

        Raises:
            IndexError: the index is not in [0, len).
            CutOutError: the pair is bad, which opening did not look for or the files have become since.
        """
        if not 0 <= index < len(self._entries):
            raise IndexError(f"index {index} is not in [0, {len(self._entries)})")
        sample = self._sample(self._entries[index])
        return Sample(sample.image.copy(), sample.mask.copy(), sample.void.copy(), sample.name)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the pixels at home."""
        return self.__dict__ | {"_kept": {}}

    def _sample(self, entry: Entry) -> Sample:
        if entry.name in self._kept:
            return self._kept[entry.name]
        sample = _load(entry, self._image_size)
        bytes_each = sample.image.nbytes + sample.mask.nbytes + sample.void.nbytes
        if (len(self._kept) + 1) * bytes_each <= _MAX_KEPT_BYTES:
            self._kept[entry.name] = sample
        return sample


def _load(entry: Entry, size: int) -> Sample:
    image, trimap = read_image(entry.image), entry.read()
    if image.size != trimap.shape[::-1]:
        raise CutOutError(
            f"{entry.image} is {image.width} x {image.height} pixels upright but {entry.truth} is "
            f"{trimap.shape[1]} x {trimap.shape[0]}: save the mask at the size of its image."
        )
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (trimap == kind).any():
            raise CutOutError(
                f"{entry.truth} holds no {word}: mark both the object and the background, or remove the pair."
            )
    top, left, side = object_square(trimap)
    resized = resize_trimap(trimap[top : top + side, left : left + side], size)
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (resized == kind).any():
            raise CutOutError(
                f"{entry.truth} keeps no {word} when cut to a square of {size} pixels: "
                "raise the image size or remove the pair."
            )
    square = resize_image(image.crop((left, top, left + side, top + side)), size)
    return Sample(square, resized == OBJECT, resized == VOID, entry.name)


def _with_count(bad: list[str]) -> str:
    more = f"{len(bad) - 1} more bad pair{'s' * (len(bad) > 2)} in this split; " if len(bad) > 1 else ""
    return f"{bad[0].removesuffix('.')} ({more}skip_bad, --skip-bad on the command line, leaves bad pairs out)."
