"""What the procedural data sources have in common: splits, sizes, and images drawn anew or kept."""

from abc import ABC, abstractmethod
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample, Split
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

LENGTHS: Final[dict[Split, int]] = {"train": 1_000_000, "val": 10_000, "test": 10_000}
KEPT: Final = 160  # images of each source; held-out ones are drawn again for every player and at every validation


class ProceduralSource(ABC):
    """One split of images that are drawn from nothing but split and index.

    Attributes:
        split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
        size: side of the images, in pixels.
    """

    def __init__(self, name: str, split: Split, image_size: int) -> None:
        """Check split and size.

        Args:
            name: of the source, for errors.
            split: to draw.
            image_size: side of the images, in pixels (32-512).

        Raises:
            CutOutError: no such split or size.
        """
        require_choice("split", split, LENGTHS)
        if not 32 <= image_size <= 512:
            raise CutOutError(f"{name} cannot be drawn at {image_size} pixels: choose an image size from 32 to 512.")
        self.split = split
        self.size = image_size

    @abstractmethod
    def drawn(self, index: int) -> Sample:
        """Draw image `index`, in [0, len), or give one that is kept."""

    def __len__(self) -> int:
        """Count the images of the split."""
        return LENGTHS[self.split]

    def __getitem__(self, index: int) -> Sample:
        """Draw image `index` of the split.

        Raises:
            IndexError: the index is not in [0, len).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is not in [0, {len(self)})")
        drawn = self.drawn(index)
        # Copies, so that nobody can write into the ones that are kept.
        return Sample(drawn.image.copy(), drawn.mask.copy(), drawn.void.copy(), drawn.name)


def resized_sample(canvas: NDArray[Any], cover: NDArray[Any], split: Split, index: int, size: int) -> Sample:
    """Make a sample without void of what was drawn at one size.

    Args:
        canvas: (S, S, 3) float, RGB in [0, 255].
        cover: (S, S) float, the share of each pixel that is object.
        split: of the source.
        index: of the image, which names it with the split.
        size: side of the sample, in pixels; smaller by area, larger by cubic interpolation.
    """
    method = cv2.INTER_AREA if size < len(canvas) else cv2.INTER_CUBIC
    image = cv2.resize(canvas, (size, size), interpolation=method)
    return Sample(
        image=np.clip(np.rint(image), 0, 255).astype(np.uint8),
        mask=np.asarray(cv2.resize(cover, (size, size), interpolation=method) >= 0.5, np.bool_),
        void=np.zeros((size, size), dtype=np.bool_),
        name=f"{split}-{index:07d}",
    )
