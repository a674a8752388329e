"""Edge-aware upsampling of masks."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_RADIUS: Final = 1  # of a window, px of the small image
_SMOOTHNESS: Final = 1e-4  # squared intensity: edges fainter than 0.01 are not followed
_TILE: Final = 128  # px of the large image, either side; a tile far from the mask's edge is filled at once
_Weights = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


class UpsampledMask:
    """A mask upsampled so that its edge follows the large image, by the fast guided filter (He and Sun, 2015).

    In every window of the small image the mask is fitted by a linear function of the grey level. The coefficients are
    upsampled and applied to the large image. Only pixels near the mask's edge can change. Any part can be asked for:
    its pixels are those of the whole.
    """

    def __init__(self, image: NDArray[np.uint8], small_image: NDArray[np.uint8], small_mask: NDArray[np.bool_]) -> None:
        """Fit the coefficients.

        Args:
            image: (H, W, 3) uint8, RGB.
            small_image: (h, w, 3) uint8, the same image at the size of the mask.
            small_mask: (h, w) bool.
        """
        self._image, self._small_mask = image, small_mask
        if small_mask.shape == image.shape[:2]:
            return
        guide, target = _grey(small_image), small_mask.astype(np.float32)
        guide_mean, target_mean = _mean(guide), _mean(target)
        slope = (_mean(guide * target) - guide_mean * target_mean) / (_mean(guide**2) - guide_mean**2 + _SMOOTHNESS)
        self._coefficients = np.stack([_mean(slope), _mean(target_mean - slope * guide_mean)])
        # Both means reach `_RADIUS` pixels, and the interpolation one.
        side = 4 * _RADIUS + 3
        self._mixed = cv2.morphologyEx(small_mask.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((side, side))) > 0

    def part(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
        """Return the (bottom - top, right - left) bool mask of a part, in pixels of the large image."""
        if self._small_mask.shape == self._image.shape[:2]:
            return np.array(self._small_mask[top:bottom, left:right])
        found = np.empty((bottom - top, right - left), np.bool_)
        for row in range(top, bottom, _TILE):
            for column in range(left, right, _TILE):
                last_row, last_column = min(row + _TILE, bottom), min(column + _TILE, right)
                found[row - top : last_row - top, column - left : last_column - left] = self._tile(
                    row, last_row, column, last_column
                )
        return found

    def _tile(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.bool_] | np.bool_:
        down = _weights(top, bottom, self._small_mask.shape[0], self._image.shape[0])
        across = _weights(left, right, self._small_mask.shape[1], self._image.shape[1])
        rows, columns = slice(down[0][0], down[1][-1] + 1), slice(across[0][0], across[1][-1] + 1)
        if not self._mixed[rows, columns].any():
            return np.bool_(self._small_mask[rows.start, columns.start])
        near, far, share = across
        coefficients = self._coefficients[:, rows]
        # Element by element, so that a pixel does not depend on the part that is asked for.
        wide = coefficients[..., near] * (1 - share) + coefficients[..., far] * share
        near, far, share = down
        slope, offset = wide[:, near - rows.start] * (1 - share)[:, None] + wide[:, far - rows.start] * share[:, None]
        return np.asarray(slope * _grey(self._image[top:bottom, left:right]) + offset > 0.5, np.bool_)


def upsample_mask(
    image: NDArray[np.uint8], small_image: NDArray[np.uint8], small_mask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the (H, W) bool mask of a whole image; see `UpsampledMask`."""
    height, width = image.shape[:2]
    return UpsampledMask(image, small_image, small_mask).part(0, 0, width, height)


def _weights(first: int, last: int, n_small: int, n_large: int) -> _Weights:
    """Return for large pixels the two small ones around each, and the share of the second, by linear interpolation."""
    at = (np.arange(first, last) + 0.5) * n_small / n_large - 0.5
    at = np.clip(at, 0, n_small - 1)
    near = at.astype(np.int64)
    return near, np.minimum(near + 1, n_small - 1), (at - near).astype(np.float32)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) / np.float32(255), np.float32)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
