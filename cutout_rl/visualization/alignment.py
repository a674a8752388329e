"""Alignment of objects: every object's bounding box becomes the same square."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

GRID: Final = 128  # cells along each side
REACH: Final = 0.4  # of the grid beyond the box, in sides of the box


@dataclass(frozen=True)
class Alignment:
    """A map from an image to a grid over the object's bounding box and its surroundings.

    Height and width are scaled separately. Grid coordinates are in sides of the box: (0, 0) is its top left corner,
    (1, 1) its bottom right one.

    Attributes:
        corner: (row, column) of the box's top left pixel.
        sides: height and width of the box, in pixels.
    """

    corner: tuple[int, int]
    sides: tuple[int, int]

    def warp(self, picture: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.float32]:
        """Resample an (H, W) or (H, W, C) picture: (GRID, GRID[, C]) float32, NaN beyond the image."""
        scale = np.array(self.sides) * (1 + 2 * REACH) / GRID
        offset = np.array(self.corner) - REACH * np.array(self.sides)
        # From cell centres to pixel centres, x first.
        to_pixel = np.array(
            [
                [scale[1], 0, offset[1] + scale[1] / 2 - 0.5],
                [0, scale[0], offset[0] + scale[0] / 2 - 0.5],
            ]
        )
        warped = cv2.warpAffine(
            picture.astype(np.float32),
            to_pixel,
            (GRID, GRID),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(np.nan,) * 4,
        )
        return np.asarray(warped, np.float32)

    def place(self, points: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
        """Return the centres of (row, column) pixels, (N, 2) float64 in sides of the box."""
        return (np.asarray(points, np.float64).reshape(-1, 2) + 0.5 - self.corner) / self.sides


def align(mask: NDArray[np.bool_]) -> Alignment:
    """Return the alignment of a mask, which must have at least one pixel, by its bounding box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Alignment((int(rows[0]), int(columns[0])), (int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)))
