"""Looking at a game from where the pens are."""

from collections.abc import Callable
from typing import Final

import numba
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.observation import HEAD

CROP: Final = 24  # side of a crop, in its own pixels
SCALES: Final = (1, 2, 4)  # of the crops, fine to coarse, relative to a picture of about VIEW_SIZE
VIEW_SIZE: Final = 64
N_MARKS: Final = 3  # channels of a crop after its pictures: own scribble, other scribble, inside the image

Preprocess = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def view_space(n_pictures: int) -> spaces.Box:
    """Give the space of one game's views of so many pictures, of one channel each."""
    return spaces.Box(0, 255, (2, CROP, CROP, len(SCALES) * (n_pictures + N_MARKS)), np.uint8)


def egocentric_crops(observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the surroundings of both pens' heads out of observations of kind "layers" or "masked".

    A view centred on the pen makes what is learnt independent of where the pen stands, and is smaller than the whole.

    Args:
        observations: (N, S, S, 5 or 6) uint8.

    Returns:
        (N, 2, 24, 24, 18 or 21) uint8. For the inside and the outside pen: a fine crop, whose pixel covers about a 64th
        of the side, and two of twice and four times the reach. Each has R, G, B and the mask, if any (mean over the
        pixel), own scribble, other scribble (maximum over the pixel), and a channel that is 255 for the inside and 128
        for the outside pen. All are 0 outside the image.
    """
    return _views(observations[..., :3], observations)


def prior_crops(observations: NDArray[np.uint8], maps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the same views out of maps of the object instead of images.

    Args:
        observations: (N, S, S, 5 or 6) uint8.
        maps: (N, S, S) uint8, one for each observation.

    Returns:
        (N, 2, 24, 24, 12 or 15) uint8; the map's mean over the pixel stands in the place of R, G and B.
    """
    return _views(maps[..., None], observations)


def _views(colours: NDArray[np.uint8], observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pictures = np.concatenate([colours, observations[..., 5:]], axis=-1)
    n, size, _, n_pictures = pictures.shape
    views = np.zeros((n, *view_space(n_pictures).shape), np.uint8)
    _draw_views(pictures, observations[..., 3:5], max(1, size // VIEW_SIZE), views)
    return views


@numba.njit(cache=True, nogil=True)
def _draw_views(pictures: NDArray[np.uint8], scribbles: NDArray[np.uint8], unit: int, views: NDArray[np.uint8]) -> None:
    n_channels = pictures.shape[3] + N_MARKS
    for n in range(pictures.shape[0]):
        for pen in range(2):
            head_row, head_column = _find_head(scribbles[n], pen)
            for scale in range(len(SCALES)):
                side = SCALES[scale] * unit
                top = head_row - CROP // 2 * side
                left = head_column - CROP // 2 * side
                crop = views[n, pen, :, :, scale * n_channels : (scale + 1) * n_channels]
                _draw_crop(pictures[n], scribbles[n], top, left, side, pen, crop)


@numba.njit(cache=True, nogil=True)
def _find_head(scribbles: NDArray[np.uint8], pen: int) -> tuple[int, int]:
    for row in range(scribbles.shape[0]):
        for column in range(scribbles.shape[1]):
            if scribbles[row, column, pen] == HEAD:
                return row, column
    return 0, 0


@numba.njit(cache=True, nogil=True)
def _draw_crop(
    picture: NDArray[np.uint8],
    scribbles: NDArray[np.uint8],
    top: int,
    left: int,
    side: int,
    pen: int,
    crop: NDArray[np.uint8],
) -> None:
    size, n_pictures = picture.shape[0], picture.shape[2]
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
            for channel in range(n_pictures):
                total = 0
                for row in range(first_row, last_row):
                    for column in range(first_column, last_column):
                        total += picture[row, column, channel]
                crop[i, j, channel] = total // count
            crop[i, j, n_pictures] = own
            crop[i, j, n_pictures + 1] = other
            crop[i, j, n_pictures + 2] = 255 if pen == 0 else 128
