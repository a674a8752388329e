"""The frames of DAVIS."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, read_image, read_labels, read_noisy_trimap
from cutout_rl.data.entry import Entry
from cutout_rl.data.pairing import Pair, pair_files
from cutout_rl.data.published.dataset_source import (
    DatasetSource,
    entry_of_files,
    large_objects,
    read_trimap_of_labels,
    refuse_masks,
    require_test_split,
)
from cutout_rl.data.required_paths import require_file, require_folder
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_within
from cutout_rl.utils.errors import CutOutError

_RESOLUTIONS: Final = ("480p", "Full-Resolution", "1080p")
_VOID: Final = 255


class DavisSource(DatasetSource):
    """The frames of DAVIS 2016 (Perazzi et al., CVPR 2016) or 2017, or the 345 frames of the click benchmark.

    DAVIS 2016 has one object per frame, 2017 several, each of which is a sample. The dataset's val list is the test
    split; its train list is split by video name, 85 % train, 15 % val. The 345 frames, in `img` and `gt`, are all test;
    every coloured pixel of their masks is object.
    """

    kind = "davis"
    homepage = "https://davischallenge.org/davis2017/code.html"
    layouts = (("JPEGImages", "Annotations", "ImageSets"), ("img", "gt"))

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the frames, video by video, in the dataset's order."""
        refuse_masks(self.kind, masks)
        if (root / "img").is_dir():
            require_test_split(self.kind, split)
            require_folder(root / "gt", "add it beside img")
            for pair in pair_files(root / "img", root / "gt").pairs.values():
                if isinstance(pair, Pair):
                    yield Entry(pair.name, pair.image, str(pair.mask), partial(_read_any, pair.mask))
                else:
                    yield pair
            return
        require_folder(root / "ImageSets", "name the folder DAVIS, davis:DIR")
        several = (root / "ImageSets" / "2017").is_dir()
        for image, mask in _frames(root, split, "2017" if several else "480p"):
            name = f"{image.parent.name}-{image.stem}"
            found = entry_of_files(name, image, mask, partial(read_noisy_trimap, mask))
            if several and isinstance(found, Entry):
                yield from _objects(found, mask)
            else:
                yield found


def _read_any(file: Path) -> NDArray[np.uint8]:
    """Read a mask with one colour per object of the video; return their union."""
    return np.where(np.asarray(read_image(file)).any(axis=2), OBJECT, BACKGROUND).astype(np.uint8)


def _frames(root: Path, split: Split, version: str) -> Iterator[tuple[Path, Path]]:
    test = split == "test"
    file = root / "ImageSets" / version / ("val.txt" if test else "train.txt")
    require_file(file, "name the folder DAVIS of the 2016 or the 2017 release, davis:DIR")
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if version == "2017":
        folder = next((name for name in _RESOLUTIONS if (root / "JPEGImages" / name).is_dir()), _RESOLUTIONS[0])
        for video, *_ in lines:
            if split_within(video, test) == split:
                require_folder(root / "JPEGImages" / folder / video, f"{file} lists it")
                for image in sorted((root / "JPEGImages" / folder / video).glob("*.jpg")):
                    yield image, root / "Annotations" / folder / video / f"{image.stem}.png"
        return
    for image_name, *mask_name in lines:
        image, mask = root / image_name.lstrip("/"), root / (mask_name or [""])[0].lstrip("/")
        if split_within(image.parent.name, test) == split:
            yield image, mask


def _objects(frame: Entry, mask: Path) -> Iterator[Entry | str]:
    try:
        numbers = large_objects(read_labels(mask), _VOID)
    except CutOutError as error:
        yield str(error)
        return
    for number in numbers:
        read = partial(read_trimap_of_labels, mask, (number,), _VOID)
        yield Entry(f"{frame.name}-{number}", frame.image, f"{mask}, object {number},", read)
