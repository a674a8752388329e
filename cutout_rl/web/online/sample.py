"""What the network learns from, as small as it sees it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.online.config import SIDE


@dataclass(frozen=True)
class Lesson:
    """An image and what is known of it.

    Attributes:
        image: (h, w, 3) uint8, RGB, as `shrink` gives it.
        labels: (h, w) uint8: 0 not annotated, 1 inside, 2 outside.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def small_scale(height: int, width: int) -> float:
    """Give the px that the network sees of a px of an image; its longer side becomes 64."""
    return SIDE / max(height, width)


def shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an (H, W, 3) uint8 image to (h, w, 3), the longer side 64."""
    scale = small_scale(*image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
