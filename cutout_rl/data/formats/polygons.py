"""Lossless conversion between masks and polygons.

The pixel in row r and column c covers the square from (x, y) = (c, r) to (c + 1, r + 1) and belongs to a polygon if its
centre does. Outlines follow pixel edges, so filling them restores the mask exactly.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cutout_rl.data.image_files import MAX_PIXELS, Shape

_FEW = 100_000


def polygons_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return polygons whose union is the mask.

    Pixels that touch at corners only are in separate polygons. The formats have no polygons with holes, so a component
    with holes is split along vertical lines through them.

    Args:
        mask: (H, W) bool.

    Returns:
        (N, 2) int64 arrays of corners (x, y), x in [0, W], y in [0, H], N >= 4, without repeating the first corner; an
        empty list for an empty mask.
    """
    outlines = outlines_of(mask)
    holes = [(x, y) for x, y in (outline[0].tolist() for outline in outlines) if not mask[y, x]]
    if not holes:
        return outlines
    labels, _ = ndimage.label(mask)
    columns: dict[int, list[int]] = {}
    for x, y in holes:
        columns.setdefault(int(labels[y - 1, x]), []).append(x)
    whole = [outline for outline in outlines if mask[outline[0, 1], outline[0, 0]]]
    polygons = [outline for outline in whole if int(labels[outline[0, 1], outline[0, 0]]) not in columns]
    boxes = ndimage.find_objects(labels)
    for label, lefts in columns.items():
        rows, across = boxes[label - 1]
        cut = sorted(lefts)[len(lefts) // 2]
        for left, right in ((across.start, cut), (cut, across.stop)):
            piece = labels[rows, left:right] == label
            polygons += [polygon + np.array([left, rows.start]) for polygon in polygons_of(piece)]
    return polygons


def fill(polygons: Iterable[NDArray[np.float64]], shape: Shape, clip: bool = False) -> NDArray[np.bool_]:
    """Draw the union of polygons, each filled by the even-odd rule.

    Args:
        polygons: (N, 2) float64 corners (x, y) each, N >= 3.
        shape: height H and width W.
        clip: clip polygons to the image instead of raising.

    Returns:
        (H, W) bool.

    Raises:
        ValueError: a corner lies outside [0, W] x [0, H] or is NaN, or a polygon has fewer than 3 corners, or far more
            than the image has pixels.
    """
    height, width = shape
    if height * width > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are too many")
    mask = np.zeros(shape, np.bool_)
    for polygon in polygons:
        if len(polygon) < 3:
            raise ValueError("a polygon has fewer than 3 corners")
        # The comparisons are written so that NaN fails.
        if not (np.isfinite(polygon) if clip else (polygon >= 0) & (polygon <= (width, height))).all():
            raise ValueError(f"a polygon leaves the image of {width} x {height} pixels")
        _fill_one(polygon, mask)
    return mask


def _fill_one(polygon: NDArray[np.float64], mask: NDArray[np.bool_]) -> None:
    start, end = polygon, np.roll(polygon, -1, axis=0)
    height, width = mask.shape
    # An edge crosses the rows whose centres it passes; half-open intervals count each corner once.
    rows = np.clip(np.ceil(np.stack([start[:, 1], end[:, 1]]) - 0.5), 0, height)
    above, below = np.sort(rows.astype(np.int64), axis=0)
    crossed = below - above
    if crossed.sum() > max(4 * mask.size, _FEW):
        raise ValueError("a polygon has far more corners than the image has pixels")
    if not crossed.any():
        return
    edge = np.repeat(np.arange(len(polygon)), crossed)
    row = np.arange(len(edge)) - np.repeat(crossed.cumsum() - crossed, crossed) + above[edge]
    along = (row + 0.5 - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    column = np.ceil(start[edge, 0] + along * (end[edge, 0] - start[edge, 0]) - 0.5)
    column = np.clip(column, 0, width).astype(np.int64)
    top, left = row.min(), column.min()
    toggles = np.zeros((row.max() + 1 - top, column.max() + 1 - left), np.bool_)
    np.logical_xor.at(toggles, (row - top, column - left), True)
    inside = np.logical_xor.accumulate(toggles, axis=1)[:, :-1]  # no pixel lies to the right of the last edge
    mask[top : top + len(inside), left : left + inside.shape[1]] |= inside


def outlines_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Trace the edges between object and background; each outline starts at the leftmost of its topmost corners.

    A pixel is object if an odd number of outlines enclose it. All edges are horizontal or vertical, so the corners of a
    row are joined in pairs (first to second, third to fourth), and so are those of a column. A corner at which two
    pixels touch diagonally counts twice.
    """
    padded = np.pad(mask, 1)
    upper_left, upper_right = padded[:-1, :-1], padded[:-1, 1:]
    lower_left, lower_right = padded[1:, :-1], padded[1:, 1:]
    touching = (upper_left == lower_right) & (upper_right == lower_left) & (upper_left != upper_right)
    once = np.argwhere(upper_left ^ upper_right ^ lower_left ^ lower_right)
    twice = np.argwhere(touching)
    corners = np.concatenate([once, twice, twice])
    if not len(corners):
        return []
    # The second copy of a corner has the edge to the right, and the edge down if the lower right pixel is object.
    right = np.repeat([False, False, True], [len(once), len(twice), len(twice)])
    down = right == lower_right[corners[:, 0], corners[:, 1]]
    in_rows = np.lexsort((right, corners[:, 1], corners[:, 0]))
    across = _partners(in_rows).tolist()
    along = _partners(np.lexsort((down, corners[:, 0], corners[:, 1]))).tolist()
    followed = [False] * len(corners)
    outlines = []
    for first in in_rows.tolist():
        if followed[first]:
            continue
        outline = []
        corner = first
        while not followed[corner]:
            other = across[corner]
            followed[corner] = followed[other] = True
            outline += [corner, other]
            corner = along[other]
        outlines.append(corners[outline][:, ::-1].astype(np.int64))
    return outlines


def _partners(order: NDArray[np.int64]) -> NDArray[np.int64]:
    partners = np.empty(len(order), np.int64)
    partners[order[0::2]], partners[order[1::2]] = order[1::2], order[0::2]
    return partners


def as_corners(numbers: Sequence[object]) -> NDArray[np.float64]:
    """Convert the numbers x, y, x, y, ... of a file to (N, 2) float64 corners.

    Raises:
        TypeError: a value is not a number.
        ValueError: the number of values is odd.
    """
    found = as_numbers(numbers)
    if len(found) % 2:
        raise ValueError(f"a polygon has {len(found)} numbers, but x and y need an even count")
    return found.reshape(-1, 2)


def as_numbers(numbers: Sequence[object]) -> NDArray[np.float64]:
    """Convert numbers of a file to (N,) float64.

    Raises:
        TypeError: a value is not a number.
    """
    if any(type(number) not in (int, float) for number in numbers):
        raise TypeError("a shape contains a value that is not a number")
    return np.array(numbers, np.float64)
