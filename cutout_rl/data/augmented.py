"""Data augmentation: random versions of each image, for training on few images."""

import os
import threading
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID
from cutout_rl.data.source import DataSource, Sample
from cutout_rl.utils.errors import CutOutError

if TYPE_CHECKING:
    import albumentations

_LEAST_VISIBLE: Final = 0.5  # share of the object that must stay visible


class AugmentedSource:
    """Several versions of each image of another source, made with Albumentations (Buslaev et al., 2020).

    The first version of each image is the original. The others are randomly flipped, rotated by up to 25 degrees,
    scaled by 0.8 to 1.25, shifted and sheared, and vary in brightness, colour, sharpness and noise. Areas beyond the
    border are filled by reflection and void. A version is replaced by the original if it would show less than half of
    the object, or no background. The same index gives the same version in any process.
    """

    def __init__(self, source: DataSource, versions: int) -> None:
        """Wrap a source.

        Args:
            source: the images.
            versions: number of versions of each image, including the original; at least 1.

        Raises:
            CutOutError: `versions` is below 1, or Albumentations is not installed.
        """
        if versions < 1:
            raise CutOutError(f"augment is {versions}; it must be 1 or more.")
        _transforms()
        self._source = source
        self._versions = versions

    def __len__(self) -> int:
        """Return the number of versions of all images."""
        return self._versions * len(self._source)

    def __getitem__(self, index: int) -> Sample:
        """Return version `index // N` of image `index % N`, where N is the number of images.

        Raises:
            IndexError: the index is not in [0, len).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is not in [0, {len(self)})")
        version, number = divmod(index, len(self._source))
        sample = self._source[number]
        return sample if version == 0 else _version(sample, version, number)


def _version(sample: Sample, version: int, number: int) -> Sample:
    trimap = np.where(sample.mask, OBJECT, BACKGROUND).astype(np.uint8)
    trimap[sample.void] = VOID
    seed = int(np.random.SeedSequence([version, number]).generate_state(1)[0])
    image_transform, mask_transform = _transforms()
    # Both begin with the same geometric transforms, so the same seed moves image and mask alike.
    image_transform.set_random_seed(seed)
    mask_transform.set_random_seed(seed)
    image = image_transform(image=sample.image)["image"]
    changed = mask_transform(image=sample.image, mask=trimap)["mask"]
    mask, void = changed == OBJECT, changed == VOID
    name = f"{sample.name}-{version}"
    if mask.sum() < _LEAST_VISIBLE * sample.mask.sum() or (mask | void).all():
        return Sample(sample.image, sample.mask, sample.void, name)
    return Sample(np.ascontiguousarray(image), mask, void, name)


_own = threading.local()  # transforms hold a random state, and samples are read on several threads


def _transforms() -> "tuple[albumentations.Compose, albumentations.Compose]":
    if not hasattr(_own, "transforms"):
        _own.transforms = _make_transforms()
    made: tuple[albumentations.Compose, albumentations.Compose] = _own.transforms
    return made


def _make_transforms() -> "tuple[albumentations.Compose, albumentations.Compose]":
    """Create the transforms of images and of masks."""
    # Without this, importing Albumentations looks for updates on the network.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    try:
        import albumentations as alb
    except ModuleNotFoundError as error:
        raise CutOutError(f"Augmenting needs {error.name}; run pip install 'cutout-rl[augment]'.") from None

    def geometric(border: int) -> "list[albumentations.BasicTransform]":
        affine = alb.Affine(
            scale=(0.8, 1.25),
            rotate=(-25, 25),
            shear=(-8, 8),
            translate_percent=(-0.1, 0.1),
            border_mode=border,
            fill_mask=VOID,
            p=0.9,
        )
        return [alb.HorizontalFlip(p=0.5), affine]

    image_transform = alb.Compose(
        [
            *geometric(cv2.BORDER_REFLECT_101),
            alb.RandomBrightnessContrast(0.25, 0.25, p=0.7),
            alb.HueSaturationValue(10, 30, 15, p=0.5),
            alb.ToGray(p=0.05),
            alb.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 1.2), p=0.2),
            alb.GaussNoise(std_range=(0.01, 0.05), p=0.3),
            alb.ImageCompression(quality_range=(40, 95), p=0.3),
        ]
    )
    return image_transform, alb.Compose(geometric(cv2.BORDER_CONSTANT))
