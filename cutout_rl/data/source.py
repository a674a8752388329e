"""The interface of data sources: `DataSource` and `Sample`."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Sample:
    """One image and its ground truth.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        mask: (H, W) bool, True on the object.
        void: (H, W) bool, True where the ground truth is unknown; every IoU ignores these pixels.
        name: unique within the source.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    void: NDArray[np.bool_]
    name: str

    @cached_property
    def outline(self) -> NDArray[np.bool_]:
        """The object's pixels with a background pixel among their 8 neighbours, as (H, W) bool; cached."""
        background = ~self.mask & ~self.void
        return self.mask & (cv2.dilate(background.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)

    def shrunk(self, size: int) -> NDArray[np.uint8]:
        """Return the image at a smaller or its own size, (size, size, 3) uint8, by area averaging; cached."""
        if size not in self._shrunk:
            image = np.ascontiguousarray(self.image)
            small = image if size == len(image) else cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
            self._shrunk[size] = np.asarray(small, np.uint8)
        return self._shrunk[size]

    @cached_property
    def _shrunk(self) -> dict[int, NDArray[np.uint8]]:
        return {}


class DataSource(Protocol):
    """One split of images of one square size; cheap to open again in another process."""

    def __len__(self) -> int:
        """Return the number of images in the split."""
        ...

    def __getitem__(self, index: int) -> Sample:
        """Return image `index`; the same index always gives the same image.

        Raises:
            IndexError: the index is not in [0, len).
        """
        ...
