"""Egocentric crops: the surroundings of both pens, at three scales."""

from collections.abc import Callable
from typing import Final

import numba
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.observation import HEAD
from cutout_rl.utils.threads import map_parallel

CROP: Final = 24  # side of a crop, in its own pixels
SCALES: Final = (1, 2, 4)  # of the crops, fine to coarse, relative to an observation of REFERENCE_SIZE
REFERENCE_SIZE: Final = 64
N_MARKS: Final = 3  # channels of a crop after its image channels: own scribble, other scribble, image area
_GAMES_PER_THREAD: Final = 16  # fewer take less time than to wake a thread

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
    n, size, _, n_layers = observations.shape
    unit = max(1, size // REFERENCE_SIZE)
    crops = np.zeros((n, *crop_space(colours.shape[-1] + n_layers - 5).shape), np.uint8)
    parts = range(0, n, _GAMES_PER_THREAD)
    shares = ([array[i : i + _GAMES_PER_THREAD] for i in parts] for array in (colours, observations, crops))
    map_parallel(_cut_crops, *shares, [unit] * len(parts))
    return crops


@numba.njit(cache=True, nogil=True)
def _cut_crops(
    colours: NDArray[np.uint8], observations: NDArray[np.uint8], crops: NDArray[np.uint8], unit: int
) -> None:
    size = observations.shape[1]
    n_colours = colours.shape[3]
    n_image = n_colours + observations.shape[3] - 5
    sums = np.zeros((size + 1, size + 1, n_image), np.int64)  # of the pixels above and left of each corner
    heads = np.zeros((2, 2), np.int64)
    for n in range(observations.shape[0]):
        _add_up(colours[n], observations[n], sums)
        _find_heads(observations[n], heads)
        for pen in range(2):
            for scale in range(len(SCALES)):
                side = SCALES[scale] * unit
                top, left = heads[pen, 0] - CROP // 2 * side, heads[pen, 1] - CROP // 2 * side
                first = scale * (n_image + N_MARKS)
                crop = crops[n, pen, :, :, first : first + n_image + N_MARKS]
                _average(sums, top, left, side, 255 if pen == 0 else 128, crop)
        _mark_scribbles(observations[n], heads, unit, n_image, crops[n])


@numba.njit(cache=True, nogil=True)
def _add_up(colours: NDArray[np.uint8], observation: NDArray[np.uint8], sums: NDArray[np.int64]) -> None:
    size, n_colours = colours.shape[0], colours.shape[2]
    for channel in range(sums.shape[2]):
        for row in range(size):
            total = 0
            for column in range(size):
                if channel < n_colours:
                    total += colours[row, column, channel]
                else:
                    total += observation[row, column, 5]
                sums[row + 1, column + 1, channel] = sums[row, column + 1, channel] + total


@numba.njit(cache=True, nogil=True)
def _find_heads(observation: NDArray[np.uint8], heads: NDArray[np.int64]) -> None:
    heads[:] = 0
    for pen in range(2):
        found = False
        for row in range(observation.shape[0]):
            for column in range(observation.shape[1]):
                if observation[row, column, 3 + pen] == HEAD:
                    heads[pen, 0], heads[pen, 1] = row, column
                    found = True
                    break
            if found:
                break


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _average(sums: NDArray[np.int64], top: int, left: int, side: int, image_area: int, crop: NDArray[np.uint8]) -> None:
    size, n_image = sums.shape[0] - 1, sums.shape[2]
    for i in range(CROP):
        first_row, last_row = max(top + i * side, 0), min(top + (i + 1) * side, size)
        if last_row <= first_row:
            continue
        for j in range(CROP):
            first_column, last_column = max(left + j * side, 0), min(left + (j + 1) * side, size)
            if last_column <= first_column:
                continue
            count = (last_row - first_row) * (last_column - first_column)
            for channel in range(n_image):
                below = sums[last_row, last_column, channel] - sums[last_row, first_column, channel]
                above = sums[first_row, last_column, channel] - sums[first_row, first_column, channel]
                crop[i, j, channel] = int((below - above) / count)
            crop[i, j, n_image + 2] = image_area


@numba.njit(cache=True, nogil=True)
def _mark_scribbles(
    observation: NDArray[np.uint8], heads: NDArray[np.int64], unit: int, n_image: int, crops: NDArray[np.uint8]
) -> None:
    for row in range(observation.shape[0]):
        for column in range(observation.shape[1]):
            for layer in range(2):
                mark = observation[row, column, 3 + layer]
                if mark == 0:
                    continue
                for pen in range(2):
                    below, right = (row - heads[pen, 0]) // unit, (column - heads[pen, 1]) // unit
                    for scale in range(len(SCALES)):
                        i, j = (below >> scale) + CROP // 2, (right >> scale) + CROP // 2
                        if 0 <= i < CROP and 0 <= j < CROP:
                            channel = scale * (n_image + N_MARKS) + n_image + (0 if layer == pen else 1)
                            crops[pen, i, j, channel] = max(crops[pen, i, j, channel], mark)
