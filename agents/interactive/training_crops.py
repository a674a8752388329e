"""Random crops round the objects of the training images."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample

_WHOLE = 0.15  # share of crops that are the whole image
_SOFTNESS = 0.7  # px, of a pasted object's edge
_LEAST_AREA = 0.005  # of a crop that its object must cover


def random_crop(sample: Sample, side: int, rng: np.random.Generator) -> Sample:
    """Cut a random square out round the object of an image, turn, mirror and recolour it.

    The crop is 1.1 to 2.5 times as large as the object, but lies within the image; 15 % of the crops are the whole
    image.

    Args:
        sample: a square image and its ground truth.
        side: of the crop in pixels.
        rng: source of the crop.

    Returns:
        The crop; what lies beyond the image is a mirror image, and void.
    """
    size = len(sample.image)
    rows, columns = np.nonzero(sample.mask)
    if rng.random() < _WHOLE or not len(rows):
        extent, centre = float(size), np.full(2, size / 2)
    else:
        corners = np.array([(columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)])
        longest = float(np.ptp(corners, axis=0).max())
        extent = min(max(longest * rng.uniform(1.1, 2.5), 16.0), float(size))
        slack = max(0.0, extent - longest) / 2
        centre = (corners.mean(axis=0) + rng.uniform(-slack, slack, 2)).clip(extent / 2, size - extent / 2)
    scale = side / extent
    angle, stretch = rng.normal(0, 0.12), np.exp(rng.normal(0, 0.12))
    mirror = rng.choice((-1.0, 1.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag((mirror * stretch, 1 / stretch))
    matrix = np.column_stack([linear, side / 2 - linear @ centre])
    smooth = cv2.GaussianBlur(sample.image, (0, 0), 0.5 / scale) if scale < 0.7 else sample.image
    image = cv2.warpAffine(smooth, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    mask = _warp(sample.mask, matrix, side, 0)
    void = _warp(sample.void, matrix, side, 255)
    if mask.sum() < _LEAST_AREA * side * side or not (~mask & ~void).any():
        return random_crop(sample, side, rng)
    return Sample(_recolour(np.asarray(image, np.uint8), rng), mask & ~void, void, sample.name)


def paste(crop: Sample, background: Sample) -> Sample:
    """Paste a crop's object onto another crop of its size, with a soft edge (Ghiasi et al., CVPR 2021)."""
    opacity = cv2.GaussianBlur(crop.mask.astype(np.float32), (0, 0), _SOFTNESS)[..., None]
    image = opacity * crop.image + (1 - opacity) * background.image
    return Sample(np.asarray(np.rint(image), np.uint8), crop.mask, crop.void, crop.name)


def _warp(mask: NDArray[np.bool_], matrix: NDArray[np.float64], side: int, beyond: int) -> NDArray[np.bool_]:
    grey = mask.astype(np.uint8) * 255
    warped = cv2.warpAffine(grey, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=beyond)
    return np.asarray(warped > 127, np.bool_)


def _recolour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change contrast, brightness, saturation, tint and sharpness, and add noise."""
    blurs = rng.random() < 0.15
    colours = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.2)) if blurs else image, np.float32) / 255
    grey = colours.mean(axis=2, keepdims=True)
    colours = grey + rng.uniform(0.4, 1.3) * (colours - grey)
    colours = 0.5 + rng.uniform(0.75, 1.25) * (colours - 0.5) + rng.uniform(-0.1, 0.1)
    colours = colours * rng.uniform(0.9, 1.1, 3) + rng.normal(0, rng.uniform(0, 0.03), colours.shape)
    return np.asarray(np.rint(colours.clip(0, 1) * 255), np.uint8)
