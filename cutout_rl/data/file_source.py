"""The base class of data sources that read files: pairs are checked, cropped to squares, resized and cached."""

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

_MAX_CACHE_BYTES: Final = 128 * 2**20


@dataclass(frozen=True)
class Entry:
    """One object in one image file.

    Attributes:
        name: unique within the source.
        image: the image file.
        mask_name: the mask in error messages: its file, or the file and the object in it.
        read_mask: reads the (H, W) uint8 trimap, at the size of the upright image; picklable.
    """

    name: str
    image: Path
    mask_name: str
    read_mask: Callable[[], NDArray[np.uint8]]


def entry_of_pair(pair: Pair | str) -> Entry | str:
    """Create the entry of an image and a trimap file; return an error message unchanged."""
    return (
        pair if isinstance(pair, str) else Entry(pair.name, pair.image, str(pair.mask), partial(read_trimap, pair.mask))
    )


class FileSource(ABC):
    """One split of image files of any size.

    A sample is the largest square crop of its image in which the object is as central as the border allows, resized.
    Up to 128 MiB of samples are cached; others are read again on every access. A pickled copy has an empty cache and
    does not check the files again.

    Attributes:
        skipped: one error message for each bad pair that was skipped.
    """

    def __init__(self, entries: Iterable[Entry | str], image_size: int, check: bool, skip_bad: bool) -> None:
        """List the pairs of the split.

        Args:
            entries: the pairs, or error messages in the place of bad ones.
            image_size: the side of the samples in pixels.
            check: read every pair now, to find bad ones.
            skip_bad: read every pair now; skip bad ones and list them in `skipped`, instead of raising.

        Raises:
            CutOutError: the split is empty, or, without `skip_bad`, a pair is bad.
        """
        self._image_size = image_size
        self._entries: list[Entry] = []
        self._cache: dict[str, Sample] = {}
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
        """Return the error message for a split without pairs."""

    def __len__(self) -> int:
        """Return the number of pairs in the split."""
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        """Return pair `index` in fresh arrays of `image_size` x `image_size`.

        Raises:
            IndexError: the index is not in [0, len).
            CutOutError: the pair is bad; opening did not check it, or its files have changed.
        """
        if not 0 <= index < len(self._entries):
            raise IndexError(f"index {index} is not in [0, {len(self._entries)})")
        sample = self._sample(self._entries[index])
        return Sample(sample.image.copy(), sample.mask.copy(), sample.void.copy(), sample.name)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without cached pixels."""
        return self.__dict__ | {"_cache": {}}

    def _sample(self, entry: Entry) -> Sample:
        if entry.name in self._cache:
            return self._cache[entry.name]
        sample = _load(entry, self._image_size)
        bytes_each = sample.image.nbytes + sample.mask.nbytes + sample.void.nbytes
        if (len(self._cache) + 1) * bytes_each <= _MAX_CACHE_BYTES:
            self._cache[entry.name] = sample
        return sample


def _load(entry: Entry, size: int) -> Sample:
    image, trimap = read_image(entry.image), entry.read_mask()
    if image.size != trimap.shape[::-1]:
        raise CutOutError(
            f"{entry.image} is {image.width} x {image.height} pixels upright but {entry.mask_name} is "
            f"{trimap.shape[1]} x {trimap.shape[0]}; save the mask at the size of its image."
        )
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (trimap == kind).any():
            raise CutOutError(
                f"{entry.mask_name} contains no {word}; mark both object and background, or remove the pair."
            )
    top, left, side = object_square(trimap)
    resized = resize_trimap(trimap[top : top + side, left : left + side], size)
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (resized == kind).any():
            raise CutOutError(
                f"{entry.mask_name} has no {word} left in a square crop of {size} pixels; "
                "increase the image size or remove the pair."
            )
    square = resize_image(image.crop((left, top, left + side, top + side)), size)
    return Sample(square, resized == OBJECT, resized == VOID, entry.name)


def _with_count(bad: list[str]) -> str:
    more = f"{len(bad) - 1} more bad pair{'s' * (len(bad) > 2)} in this split; " if len(bad) > 1 else ""
    return f"{bad[0].removesuffix('.')} ({more}skip_bad, --skip-bad on the command line, skips bad pairs)."
