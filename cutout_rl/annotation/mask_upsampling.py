"""Edge-aware upsampling of masks."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_RADIUS: Final = 1  # of a window, px of the small image
_SMOOTHNESS: Final = 1e-4  # squared intensity: edges fainter than 0.01 are not followed


def upsample_mask(
    image: NDArray[np.uint8], small_image: NDArray[np.uint8], small_mask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Upsample a mask so that its edge follows the large image, by the fast guided filter (He and Sun, 2015).

    In every window of the small image the mask is fitted by a linear function of the grey level. The coefficients are
    upsampled and applied to the large image. Only pixels near the mask's edge can change.

    Args:
        image: (H, W, 3) uint8, RGB.
        small_image: (h, w, 3) uint8, the same image at the size of the mask.
        small_mask: (h, w) bool.

    Returns:
        (H, W) bool.
    """
    height, width = image.shape[:2]
    guide, target = _grey(small_image), small_mask.astype(np.float32)
    guide_mean, target_mean = _mean(guide), _mean(target)
    slope = (_mean(guide * target) - guide_mean * target_mean) / (_mean(guide**2) - guide_mean**2 + _SMOOTHNESS)
    offset = target_mean - slope * guide_mean
    slope, offset = (
        cv2.resize(_mean(values), (width, height), interpolation=cv2.INTER_LINEAR) for values in (slope, offset)
    )
    return np.asarray(slope * _grey(image) + offset > 0.5, np.bool_)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) / np.float32(255), np.float32)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
