"""Face parsing datasets: FaceSynthetics, CelebAMask-HQ and the part labels of LFW."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, read_image, read_labels, read_size
from cutout_rl.data.entry import Entry
from cutout_rl.data.published.dataset_source import DatasetSource, entry_of_files, read_trimap_of_labels
from cutout_rl.data.required_paths import require_file, require_folder
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_of
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

# Skin, nose, eyes, brows, mouth, lips; then beard and glasses.
_SYNTHETIC_FACE: Final = (1, 2, 3, 4, 5, 6, 9, 10, 11, 14, 16)
_SYNTHETIC: Final = {
    "head": (*_SYNTHETIC_FACE, 7, 8, 13, 17, 18),  # with ears, hair, headwear and facewear
    "face": _SYNTHETIC_FACE,
    "hair": (13,),
}
_IGNORE: Final = 255

_CELEBA_FACE: Final = ("skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "mouth", "u_lip", "l_lip")
_CELEBA: Final = {
    "head": (*_CELEBA_FACE, "l_ear", "r_ear", "hair", "hat"),
    "face": _CELEBA_FACE,
    "hair": ("hair",),
}
_IMAGES_PER_FOLDER: Final = 2000
# CelebA's numbers of the first images of its val and test splits, from the dataset's g_partition.py.
_FIRST_VAL, _FIRST_TEST = 162_771, 182_638

_LFW: Final = {"head": (0, 1), "face": (1,), "hair": (0,)}  # channels: hair is red, skin green, background blue
_LFW_LISTS: Final[dict[Split, str]] = {
    "train": "parts_train.txt",
    "val": "parts_validation.txt",
    "test": "parts_test.txt",
}


class FaceSyntheticsSource(DatasetSource):
    """The rendered faces of FaceSynthetics (Wood et al., ICCV 2021); class 255 is void.

    `masks` may be "head" (default), "face" or "hair". The name decides the split, 70 : 15 : 15.
    """

    kind = "facesynthetics"
    homepage = "https://github.com/microsoft/FaceSynthetics"
    layouts = (("000000.png", "000000_seg.png"),)

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the images, sorted by name."""
        masks = masks or "head"
        require_choice("mask of FaceSynthetics", masks, _SYNTHETIC)
        for image in sorted(root.glob("*.png")):
            if not image.stem.endswith("_seg") and split_of(image.stem) == split:
                mask_file = root / f"{image.stem}_seg.png"
                yield entry_of_files(
                    image.stem, image, mask_file, partial(read_trimap_of_labels, mask_file, _SYNTHETIC[masks], _IGNORE)
                )


class CelebAMaskSource(DatasetSource):
    """The 30,000 faces of CelebAMask-HQ (Lee et al., CVPR 2020); masks of 512 px are enlarged to 1024 px.

    `masks` may be "head" (default), "face" or "hair". The splits are those of CelebA, which separate identities.
    """

    kind = "celebamask"
    homepage = "https://github.com/switchablenorms/CelebAMask-HQ"
    layouts = (("CelebA-HQ-img", "CelebAMask-HQ-mask-anno"),)

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the images in the order of their numbers."""
        masks = masks or "head"
        require_choice("mask of CelebAMask-HQ", masks, _CELEBA)
        mask_folder = root / "CelebAMask-HQ-mask-anno"
        require_folder(mask_folder, "name the folder CelebAMask-HQ, celebamask:DIR")
        mapping = root / "CelebA-HQ-to-CelebA-mapping.txt"
        require_file(mapping, "it comes with the dataset and defines the splits")
        for line in mapping.read_text(encoding="utf-8").splitlines()[1:]:
            try:
                number, original = (int(word) for word in line.split()[:2])
            except ValueError:
                raise CutOutError(f"{mapping} has the line {line[:60]!r}: download it again.") from None
            if _split_of_celeba(original) != split:
                continue
            image = root / "CelebA-HQ-img" / f"{number}.jpg"
            stem = mask_folder / str(number // _IMAGES_PER_FOLDER) / f"{number:05d}"
            if not image.is_file():
                yield f"{stem} has no image; add {image}."
            else:
                yield Entry(str(number), image, f"{stem}_*.png", partial(_read_parts, image, stem, _CELEBA[masks]))


class LfwSource(DatasetSource):
    """The part labels of Labeled Faces in the Wild (Kae et al., CVPR 2013), 2,927 funneled images of 250 px.

    `masks` may be "head" (default), "face" (skin, including the neck) or "hair". The splits are the dataset's own.
    """

    kind = "lfw"
    homepage = "http://vis-www.cs.umass.edu/lfw/part_labels/"
    layouts = (("lfw_funneled", "parts_lfw_funneled_gt_images"),)

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the images in the order of the dataset's lists."""
        masks = masks or "head"
        require_choice("mask of LFW", masks, _LFW)
        names = root / _LFW_LISTS[split]
        require_file(names, "download it from the page of the part labels")
        for line in names.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            person, number, *_ = [*line.split(), "0"]
            name = f"{person}_{number.zfill(4)}"
            mask_file = root / "parts_lfw_funneled_gt_images" / f"{name}.ppm"
            image = root / "lfw_funneled" / person / f"{name}.jpg"
            yield entry_of_files(name, image, mask_file, partial(_read_channels, mask_file, _LFW[masks]))


def _split_of_celeba(original: int) -> Split:
    if original < _FIRST_VAL:
        return "train"
    return "val" if original < _FIRST_TEST else "test"


def _read_parts(image: Path, stem: Path, parts: tuple[str, ...]) -> NDArray[np.uint8]:
    """Read the union of those parts that exist, at the size of the image."""
    files = [file for part in parts if (file := stem.with_name(f"{stem.name}_{part}.png")).is_file()]
    if not files:
        raise CutOutError(f"{image} has none of the masks {', '.join(parts)}; add them beside {stem}.")
    masks = [read_labels(file) > 0 for file in files]
    if len({mask.shape for mask in masks}) > 1:
        raise CutOutError(f"The masks {stem}_*.png differ in size; download them again.")
    trimap = np.where(np.logical_or.reduce(masks), OBJECT, BACKGROUND).astype(np.uint8)
    height, width = read_size(image)
    return np.asarray(cv2.resize(trimap, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _read_channels(file: Path, channels: tuple[int, ...]) -> NDArray[np.uint8]:
    strongest = np.asarray(read_image(file)).argmax(axis=2)
    return np.where(np.isin(strongest, channels), OBJECT, BACKGROUND).astype(np.uint8)
