"""Drawing strokes into the label image."""

from functools import cache
from typing import Final

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

UNLABELLED: Final = 0
LABELLED_INSIDE: Final = 1
LABELLED_OUTSIDE: Final = 2


@cache
def pen_tip(width: int) -> NDArray[np.int64]:
    """Return the (row, column) offsets that a pen of `width` pixels marks around its head, (N, 2) int64.

    The tip is a disc of that diameter; an even width is centred on the corner up and left of the head's pixel.
    """
    offset = np.arange(width) - width // 2
    distance = offset + (0.0 if width % 2 else 0.5)
    inside = distance[:, None] ** 2 + distance[None, :] ** 2 <= (width / 2) ** 2
    tip = np.ascontiguousarray(np.argwhere(inside).astype(np.int64) - width // 2)
    tip.flags.writeable = False
    return tip


@numba.njit(cache=True, nogil=True)
def travel(row: int, column: int, d_row: int, d_column: int, length: int, size: int) -> int:
    """Return the number of pixels that a head travels before it stops at the border of a square image.

    Args:
        row: of the head.
        column: of the head.
        d_row: rows per pixel of the way, -1, 0 or 1.
        d_column: columns per pixel of the way, -1, 0 or 1.
        length: of the whole way in pixels.
        size: side of the image in pixels.
    """
    for position, step in ((row, d_row), (column, d_column)):
        if step > 0:
            length = min(length, size - 1 - position)
        elif step < 0:
            length = min(length, position)
    return length


@numba.njit(cache=True, nogil=True)
def draw_stroke(
    labels: NDArray[np.uint8],
    row: int,
    column: int,
    d_row: int,
    d_column: int,
    length: int,
    tip: NDArray[np.int64],
    label: int,
    marked: NDArray[np.int32],
) -> int:
    """Draw a straight stroke from a head; labelled pixels keep their label.

    Args:
        labels: (H, W) uint8 of UNLABELLED, LABELLED_INSIDE and LABELLED_OUTSIDE; written in place.
        row: of the head.
        column: of the head.
        d_row: rows per pixel of the stroke, -1, 0 or 1.
        d_column: columns per pixel of the stroke, -1, 0 or 1.
        length: in pixels, 0 for a dot; the path must stay in the image, the pen's width is clipped.
        tip: of the pen (`pen_tip`).
        label: LABELLED_INSIDE or LABELLED_OUTSIDE.
        marked: (M, 2) int32; the newly labelled pixels are written to it as (row, column), in drawing order.

    Returns:
        The number of newly labelled pixels. Where the list is too short for them, drawing ends when it is full, and the
        number is one more than it holds.
    """
    height, width = labels.shape
    n = 0
    for k in range(length + 1):
        for t in range(tip.shape[0]):
            r = row + k * d_row + tip[t, 0]
            c = column + k * d_column + tip[t, 1]
            if 0 <= r < height and 0 <= c < width and labels[r, c] == UNLABELLED:
                if n == len(marked):
                    return n + 1
                labels[r, c] = label
                marked[n, 0] = r
                marked[n, 1] = c
                n += 1
    return n


@numba.njit(cache=True, nogil=True)
def find_marking_strokes(
    labels: NDArray[np.uint8],
    heads: NDArray[np.int64],
    directions: NDArray[np.int64],
    length: int,
    tip: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Find the strokes that would label a pixel.

    Args:
        labels: (H, H) uint8 of UNLABELLED, LABELLED_INSIDE and LABELLED_OUTSIDE.
        heads: (N, 2) int64, (row, column) starts of the strokes.
        directions: (M, 2) int64, (row, column) step per pixel, each -1, 0 or 1.
        length: in pixels; strokes end at the border.
        tip: of the pen (`pen_tip`).

    Returns:
        (N, M) bool.
    """
    marks = np.zeros((len(heads), len(directions)), np.bool_)
    nowhere = np.empty((0, 2), np.int32)
    for pen in range(len(heads)):
        row, column = heads[pen]
        for k in range(len(directions)):
            d_row, d_column = directions[k]
            travelled = travel(row, column, d_row, d_column, length, len(labels))
            n = draw_stroke(labels, row, column, d_row, d_column, travelled, tip, UNLABELLED, nowhere)
            marks[pen, k] = n > 0
    return marks


def resize_labels(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize scribbles to (H, W) without losing a label."""
    height, width = shape
    resized = np.array(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    rows, columns = np.nonzero(labels)
    resized[rows * height // len(labels), columns * width // labels.shape[1]] = labels[rows, columns]
    return resized
