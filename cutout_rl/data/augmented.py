"""More versions of images than there are, for training on few."""

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

_LEAST_LEFT: Final = 0.5  # share of an object that a version must show


class AugmentedSource:
    """Several versions of each image of another source, as chance and Albumentations (Buslaev et al., 2020) make them.

    First come the images as they are. In the other versions they are flipped, turned by up to 25 degrees, made up to a
    quarter larger or smaller, shifted and sheared, and their light, colours, sharpness and noise vary; what comes into
    the picture at its border is a mirror image, and void. A version that would lose more than half of the object, or
    all of the background, is the image as it is. The same index gives the same version in any process.
    """

    def __init__(self, source: DataSource, versions: int) -> None:
        """Wrap a source.

        Args:
            source: the images.
            versions: of each of them, the first as it is; at least 1.

        Raises:
            CutOutError: there are no versions, or Albumentations is not installed.
        """
        if versions < 1:
            raise CutOutError(f"There cannot be {versions} versions of an image: augment by 1 or more.")
        _transforms()
        self._source = source
        self._versions = versions

    def __len__(self) -> int:
        """Count all versions of all images."""
        return self._versions * len(self._source)

    def __getitem__(self, index: int) -> Sample:
        """Give version `index // N` of image `index % N`, N being the number of images.

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
    of_images, of_masks = _transforms()
    # Both begin with the same transforms, so from one seed they move alike.
    of_images.set_random_seed(seed)
    of_masks.set_random_seed(seed)
    image = of_images(image=sample.image)["image"]
    changed = of_masks(image=sample.image, mask=trimap)["mask"]
    mask, void = changed == OBJECT, changed == VOID
    name = f"{sample.name}-{version}"
    if mask.sum() < _LEAST_LEFT * sample.mask.sum() or (mask | void).all():
        return Sample(sample.image, sample.mask, sample.void, name)
    return Sample(np.ascontiguousarray(image), mask, void, name)


_own = threading.local()  # a transform holds the state of its chance, and games are dealt on several threads


def _transforms() -> "tuple[albumentations.Compose, albumentations.Compose]":
    if not hasattr(_own, "transforms"):
        _own.transforms = _make_transforms()
    made: tuple[albumentations.Compose, albumentations.Compose] = _own.transforms
    return made


def _make_transforms() -> "tuple[albumentations.Compose, albumentations.Compose]":
    """Make what images and what masks go through."""
    # It asks a server for a newer version of itself when it is imported, unless it is told not to.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    try:
        import albumentations as alb
    except ModuleNotFoundError as error:
        raise CutOutError(f"Augmenting needs {error.name}; install it by pip install 'cutout-rl[augment]'.") from None

    def moves(border: int) -> "list[albumentations.BasicTransform]":
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

    of_images = alb.Compose(
        [
            *moves(cv2.BORDER_REFLECT_101),
            alb.RandomBrightnessContrast(0.25, 0.25, p=0.7),
            alb.HueSaturationValue(10, 30, 15, p=0.5),
            alb.ToGray(p=0.05),
            alb.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 1.2), p=0.2),
            alb.GaussNoise(std_range=(0.01, 0.05), p=0.3),
            alb.ImageCompression(quality_range=(40, 95), p=0.3),
        ]
    )
    return of_images, alb.Compose(moves(cv2.BORDER_CONSTANT))
