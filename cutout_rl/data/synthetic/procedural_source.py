"""The base class of procedural data sources."""

from abc import ABC, abstractmethod
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample, Split
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

LENGTHS: Final[dict[Split, int]] = {"train": 1_000_000, "val": 10_000, "test": 10_000}
CACHE_SIZE: Final = 160  # images of each source; evaluations and validations read the same images again and again


class ProceduralSource(ABC):
    """One split of images that are determined by split and index.

    Attributes:
        split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
        size: side of the images, in pixels.
    """

    def __init__(self, name: str, split: Split, image_size: int) -> None:
        """Check split and size.

        Args:
            name: name of the source in error messages.
            split: the split.
            image_size: side of the images in pixels (32-512).

        Raises:
            CutOutError: the split or size does not exist.
        """
        require_choice("split", split, LENGTHS)
        if not 32 <= image_size <= 512:
            raise CutOutError(f"{name} cannot be drawn at {image_size} pixels; choose an image size from 32 to 512.")
        self.split = split
        self.size = image_size

    @abstractmethod
    def _draw(self, index: int) -> Sample:
        """Draw image `index`, in [0, len), or return it from a cache."""

    def __len__(self) -> int:
        """Return the number of images in the split."""
        return LENGTHS[self.split]

    def __getitem__(self, index: int) -> Sample:
        """Return image `index` of the split in fresh arrays.

        Raises:
            IndexError: the index is not in [0, len).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is not in [0, {len(self)})")
        sample = self._draw(index)
        return Sample(sample.image.copy(), sample.mask.copy(), sample.void.copy(), sample.name)


def resized_sample(canvas: NDArray[Any], cover: NDArray[Any], split: Split, index: int, size: int) -> Sample:
    """Resize a canvas and its mask to a sample without void.

    Args:
        canvas: (S, S, 3) float, RGB in [0, 255].
        cover: (S, S) float, the share of each pixel covered by the object.
        split: split, for the name.
        index: index, for the name.
        size: side of the sample in pixels; area interpolation for shrinking, cubic for enlarging.
    """
    method = cv2.INTER_AREA if size < len(canvas) else cv2.INTER_CUBIC
    image = cv2.resize(canvas, (size, size), interpolation=method)
    return Sample(
        image=np.clip(np.rint(image), 0, 255).astype(np.uint8),
        mask=np.asarray(cv2.resize(cover, (size, size), interpolation=method) >= 0.5, np.bool_),
        void=np.zeros((size, size), dtype=np.bool_),
        name=f"{split}-{index:07d}",
    )
