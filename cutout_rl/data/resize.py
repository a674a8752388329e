"""Square crops and resizing of images and trimaps."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import csr_array

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID

_COLUMNS: Final = 1024


def object_square(trimap: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Return the largest square crop in which the object's bounding box is as central as the border allows.

    Args:
        trimap: (H, W) uint8 with at least one OBJECT pixel.

    Returns:
        The top row, the left column and the side, min(H, W). An object that fits into the square is not cropped.
    """
    side = min(trimap.shape)
    inside = trimap == OBJECT
    return _start(inside.any(axis=1), side), _start(inside.any(axis=0), side), side


def resize_image(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Resize an RGB image to (size, size, 3) uint8 by anti-aliased Lanczos resampling."""
    small = image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(small)


def resize_trimap(trimap: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize a square trimap, up or down, by exact area.

    A new pixel is VOID if more than half of its area is, else OBJECT if the object covers more of it than the
    background, else BACKGROUND.

    Args:
        trimap: (S, S) uint8 of BACKGROUND, VOID and OBJECT.
        size: the new side.

    Returns:
        (size, size) uint8.
    """
    overlaps = _overlaps(trimap.shape[0], size)

    def area(kind: int) -> NDArray[np.int64]:
        # The product needs 8 bytes for each pixel that it takes in, so it takes in some columns at a time.
        columns = range(0, trimap.shape[1], _COLUMNS)
        rows = np.hstack([overlaps @ (trimap[:, left : left + _COLUMNS] == kind) for left in columns])
        covered: NDArray[np.int64] = rows @ overlaps.T
        return covered

    resized = np.where(area(OBJECT) > area(BACKGROUND), OBJECT, BACKGROUND).astype(np.uint8)
    resized[2 * area(VOID) > trimap.size] = VOID
    return resized


def _start(occupied: NDArray[np.bool_], side: int) -> int:
    indices = np.flatnonzero(occupied)
    twice_centre = indices[0] + indices[-1] + 1
    return int(np.clip((twice_centre - side) // 2, 0, len(occupied) - side))


def _overlaps(source: int, target: int) -> csr_array:
    """Return the (target, source) overlap lengths of target and source pixels, in units of 1 / target source pixels."""
    # In these units source pixels are `target` long and target pixels `source` long, so every length is an integer.
    edges = np.union1d(np.arange(source + 1) * target, np.arange(target + 1) * source)
    starts = edges[:-1]
    return csr_array((np.diff(edges), (starts // source, starts // target)), shape=(target, source))
