"""What the network is shown of the strokes and the mask, pixel by pixel."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = 7
_REACH: Final = 0.125  # of the longer side: the distance over which the proximity to a scribble falls to 1/e
_COLOUR_REACH: Final = 0.2  # colour distance in [0, 1]^3 over which the similarity to a scribble falls to 1/e


def draw_guidance(image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Draw scribbles and mask as the network sees them.

    For each of the scribbles, inside and outside: the scribble itself; exp(-8 d / S) of the distance d to it, where S
    is the longer side; and exp(-c / 0.2) of the distance c in RGB to the colour of its nearest pixel. Then the mask.

    Args:
        image: (H, W, 3) uint8, RGB.
        labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
        mask: (H, W) bool, the newest mask of the cut.

    Returns:
        (7, H, W) float32 in [0, 1]; the channels of an empty scribble are 0.
    """
    channels = np.zeros((CHANNELS, *labels.shape), np.float32)
    reach = _REACH * max(labels.shape)
    smooth = cv2.blur(image, (3, 3)).astype(np.float32) / 255
    for pen in range(2):
        scribble = labels == pen + 1
        if not scribble.any():
            continue
        distance, nearest = cv2.distanceTransformWithLabels(
            (~scribble).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        # OpenCV numbers the pixels of a scribble from 1, in the order of rows.
        colours = smooth[scribble][nearest - 1]
        channels[3 * pen] = scribble
        channels[3 * pen + 1] = np.exp(-distance / reach)
        channels[3 * pen + 2] = np.exp(-np.sqrt(((smooth - colours) ** 2).sum(axis=2)) / _COLOUR_REACH)
    channels[6] = mask
    return channels
