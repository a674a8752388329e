"""Training samples of the network, at its own resolution."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.online.config import SIDE


@dataclass(frozen=True)
class TrainingSample:
    """A partly annotated image.

    Attributes:
        image: (h, w, 3) uint8, RGB, as `shrink` returns it.
        labels: (h, w) uint8: 0 not annotated, 1 inside, 2 outside.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def small_scale(height: int, width: int) -> float:
    """Return the network's px per px of an image; the longer side becomes 64."""
    return SIDE / max(height, width)


def shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an (H, W, 3) uint8 image to (h, w, 3), the longer side 64."""
    scale = small_scale(*image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
