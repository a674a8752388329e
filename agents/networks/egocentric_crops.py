"""Egocentric crops: the surroundings of both pens, at three scales."""

from collections.abc import Callable
from typing import Final

import numba
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.observation import HEAD

CROP: Final = 24  # side of a crop, in its own pixels
SCALES: Final = (1, 2, 4)  # of the crops, fine to coarse, relative to an observation of REFERENCE_SIZE
REFERENCE_SIZE: Final = 64
N_MARKS: Final = 3  # channels of a crop after its image channels: own scribble, other scribble, image area

Preprocess = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def crop_space(n_channels: int) -> spaces.Box:
    """Return the space of one game's crops of `n_channels` image channels (prior or colours, and mask)."""
    return spaces.Box(0, 255, (2, CROP, CROP, len(SCALES) * (n_channels + N_MARKS)), np.uint8)


def egocentric_crops(observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop observations of kind "layers" or "masked" around both pens' heads.

    Crops make the policy independent of the pens' positions, and are smaller than the whole observation.

    Args:
        observations: (N, S, S, 5 or 6) uint8.

    Returns:
        (N, 2, 24, 24, 18 or 21) uint8, for the inside and the outside pen: a fine crop, each pixel of which covers
        about 1/64 of the side, and two of twice and four times its extent. The channels of each crop are R, G, B and
        the mask if there is one (means over the pixel), own scribble and other scribble (maxima over the pixel), and
        one that is 255 for the inside and 128 for the outside pen. All are 0 outside the image.
    """
    return _crop(observations[..., :3], observations)


def prior_crops(observations: NDArray[np.uint8], priors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop object priors, in place of the image, around both pens' heads; otherwise as `egocentric_crops`.

    Args:
        observations: (N, S, S, 5 or 6) uint8.
        priors: (N, S, S) uint8, one for each observation.

    Returns:
        (N, 2, 24, 24, 12 or 15) uint8; the prior's mean over the pixel replaces R, G and B.
    """
    return _crop(priors[..., None], observations)


def _crop(colours: NDArray[np.uint8], observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    images = np.concatenate([colours, observations[..., 5:]], axis=-1)
    n, size, _, n_channels = images.shape
    crops = np.zeros((n, *crop_space(n_channels).shape), np.uint8)
    _cut_crops(images, observations[..., 3:5], max(1, size // REFERENCE_SIZE), crops)
    return crops


@numba.njit(cache=True, nogil=True)
def _cut_crops(images: NDArray[np.uint8], scribbles: NDArray[np.uint8], unit: int, crops: NDArray[np.uint8]) -> None:
    n_channels = images.shape[3] + N_MARKS
    for n in range(images.shape[0]):
        for pen in range(2):
            head_row, head_column = _find_head(scribbles[n], pen)
            for scale in range(len(SCALES)):
                side = SCALES[scale] * unit
                top = head_row - CROP // 2 * side
                left = head_column - CROP // 2 * side
                crop = crops[n, pen, :, :, scale * n_channels : (scale + 1) * n_channels]
                _cut_crop(images[n], scribbles[n], top, left, side, pen, crop)


@numba.njit(cache=True, nogil=True)
def _find_head(scribbles: NDArray[np.uint8], pen: int) -> tuple[int, int]:
    for row in range(scribbles.shape[0]):
        for column in range(scribbles.shape[1]):
            if scribbles[row, column, pen] == HEAD:
                return row, column
    return 0, 0


@numba.njit(cache=True, nogil=True)
def _cut_crop(
    image: NDArray[np.uint8],
    scribbles: NDArray[np.uint8],
    top: int,
    left: int,
    side: int,
    pen: int,
    crop: NDArray[np.uint8],
) -> None:
    size, n_image_channels = image.shape[0], image.shape[2]
    for i in range(CROP):
        first_row, last_row = max(top + i * side, 0), min(top + (i + 1) * side, size)
        for j in range(CROP):
            first_column, last_column = max(left + j * side, 0), min(left + (j + 1) * side, size)
            count = (last_row - first_row) * (last_column - first_column)
            if last_row <= first_row or last_column <= first_column:
                continue
            own, other = 0, 0
            for row in range(first_row, last_row):
                for column in range(first_column, last_column):
                    own = max(own, scribbles[row, column, pen])
                    other = max(other, scribbles[row, column, 1 - pen])
            for channel in range(n_image_channels):
                total = 0
                for row in range(first_row, last_row):
                    for column in range(first_column, last_column):
                        total += image[row, column, channel]
                crop[i, j, channel] = total // count
            crop[i, j, n_image_channels] = own
            crop[i, j, n_image_channels + 1] = other
            crop[i, j, n_image_channels + 2] = 255 if pen == 0 else 128
