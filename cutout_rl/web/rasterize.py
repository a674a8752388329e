"""Drawing of edits as labelled pixels, at any scale."""

import math
from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.polygons import fill
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.web.edits import PERSON, BackgroundFill, Edit, Pixels, Points, PolygonEdit, Stroke

BRUSHES: Final = {"add": 1, "remove": 2}
"""The pens that paint the mask itself, and their numbers in a layer of painted pixels, which is 0 elsewhere."""
LABELS: Final = {"inside": LABELLED_INSIDE, "outside": LABELLED_OUTSIDE, "erase": UNLABELLED}
_SUBPIXEL_BITS: Final = 4


def draw_labels(
    edits: Iterable[Edit], size: tuple[int, int], scale: float = 1.0, origin: tuple[int, int] = (0, 0)
) -> NDArray[np.uint8]:
    """Draw edits on an empty canvas.

    Args:
        edits: in order, in pixels of the image.
        size: (height, width) of the canvas, the scaled image's, or a part's.
        scale: pixels of the canvas per pixel of the image.
        origin: (x, y) in the image of the first label.

    Returns:
        (height, width) uint8: 0, 1 inside, 2 outside.
    """
    labels = np.zeros(size, np.uint8)
    for edit in edits:
        draw_edit(labels, edit, origin, scale)
    return labels


def draw_edit(labels: NDArray[np.uint8], edit: Edit, origin: tuple[int, int], scale: float) -> None:
    """Draw an edit over labels; a box and edits that paint the mask draw nothing.

    Args:
        labels: (h, w) uint8, of the scaled image from `origin`.
        edit: in pixels of the image.
        origin: (x, y) in the image of the first label.
        scale: pixels of the labels per pixel of the image.
    """
    if isinstance(edit, Stroke):
        if edit.pen not in BRUSHES:
            mark_stroke(labels, edit, origin, scale)
    elif isinstance(edit, Pixels):
        left, top = origin
        height, width = (round(side / scale) for side in labels.shape)
        part = _shrink(edit.labels()[top : top + height, left : left + width], labels.shape)
        np.copyto(labels, part, where=part != UNLABELLED)
    elif isinstance(edit, BackgroundFill):
        labels[labels == UNLABELLED] = LABELLED_OUTSIDE


def mark_box(labels: NDArray[np.uint8]) -> None:
    """Label the rim of the (h, w) uint8 labels of a box as background, and a disc in its middle as inside."""
    labels[[0, -1]] = LABELLED_OUTSIDE
    labels[:, [0, -1]] = LABELLED_OUTSIDE
    rows, columns = labels.shape
    cv2.circle(labels, (columns // 2, rows // 2), 1 + min(rows, columns) // 50, LABELLED_INSIDE, -1)


def mark_stroke(
    labels: NDArray[np.uint8], stroke: Stroke, origin: tuple[int, int], scale: float
) -> tuple[NDArray[np.int64], bool]:
    """Draw a stroke, or the end of one, over labels; an agent's stroke changes unlabelled pixels only.

    Returns:
        The (N, 2) int64 (row, column) of the changed labels, and whether any of them was labelled before.
    """
    label = LABELS[stroke.pen]
    rows, columns = _slices_of(labels.shape, stroke.points, stroke.width, origin, scale)
    part = labels[rows, columns]
    if not part.size:
        return np.empty((0, 2), np.int64), False
    drawn = np.zeros(part.shape, np.uint8)
    _draw(drawn, stroke, origin, scale, (columns.start, rows.start))
    changed = np.logical_and(drawn > 0, part != label)
    if stroke.by != PERSON:
        changed &= part == UNLABELLED
    was_labelled = bool(part[changed].any())
    part[changed] = label
    return np.argwhere(changed) + np.array((rows.start, columns.start)), was_labelled


def paints(edit: Edit) -> bool:
    """Return whether an edit paints the mask itself."""
    return isinstance(edit, PolygonEdit) or (isinstance(edit, Stroke) and edit.pen in BRUSHES)


def covers(edit: Edit) -> bool:
    """Return whether drawing an edit over a background that is marked later, or earlier, gives the same labels."""
    return not isinstance(edit, Stroke) or (edit.by == PERSON and edit.pen != "erase")


def mark_painted(painted: NDArray[np.uint8], edit: Edit, origin: tuple[int, int], scale: float) -> None:
    """Draw an edit over (h, w) uint8 painted pixels: 0, 1 added to the mask, 2 removed from it.

    A later label of a user, or an import, replaces what was painted.
    """
    if isinstance(edit, Pixels):
        painted[:] = 0
    if isinstance(edit, PolygonEdit):
        _mark_polygon(painted, edit, origin, scale)
    if not isinstance(edit, Stroke) or edit.by != PERSON:
        return
    rows, columns = _slices_of(painted.shape, edit.points, edit.width, origin, scale)
    part = painted[rows, columns]
    if part.size:
        drawn = np.zeros(part.shape, np.uint8)
        _draw(drawn, edit, origin, scale, (columns.start, rows.start))
        part[drawn > 0] = BRUSHES.get(edit.pen, 0)


def united_labels(parts: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Unite uint8 labels of several objects, at least one: inside where any is, else outside where any is."""
    united, *others = parts
    for part in others:
        is_inside = (united == LABELLED_INSIDE) | (part == LABELLED_INSIDE)
        united = np.where(is_inside, LABELLED_INSIDE, np.maximum(united, part)).astype(np.uint8)
    return united


def _mark_polygon(painted: NDArray[np.uint8], edit: PolygonEdit, origin: tuple[int, int], scale: float) -> None:
    """Paint what a new outline encloses, where it has changed."""
    changed = edit.changed_sides
    if not changed:
        return
    ends = tuple(end for side in changed for end in side)
    rows, columns = _slices_of(painted.shape, ends, edit.width, origin, scale)
    part = painted[rows, columns]
    if not part.size:
        return
    corner = np.array((columns.start, rows.start))

    def enclosed(ring: Points) -> NDArray[np.bool_]:
        placed = (np.array(ring).reshape(-1, 2) - origin) * scale - corner
        return fill([placed] if ring else [], (part.shape[0], part.shape[1]), clip=True)

    is_changed = enclosed(edit.before) ^ enclosed(edit.ring)
    band = is_changed.view(np.uint8)
    width = max(1, round(edit.width * scale))
    for side in changed if edit.before else ():  # along a new ring there is no old outline that it has to replace
        # Lines go through the centres of pixels, which OpenCV counts from 0.
        line = (np.array(side) - origin) * scale - corner - 0.5
        line = np.round(line * 2**_SUBPIXEL_BITS).astype(np.int32)[:, None]
        cv2.polylines(band, [line], False, 1, width, cv2.LINE_8, _SUBPIXEL_BITS)
    is_inside = np.zeros(part.shape, np.bool_)
    for ring in edit.after:
        is_inside ^= enclosed(ring)
    part[is_changed] = np.where(is_inside[is_changed], BRUSHES["add"], BRUSHES["remove"])


def _slices_of(
    shape: tuple[int, ...], corners: Points, width: float, origin: tuple[int, int], scale: float
) -> tuple[slice, slice]:
    """Return the rows and columns that a line of a width can reach."""
    points = (np.array(corners) - origin) * scale
    reach = width * scale + 2
    sides = zip(points.min(axis=0), points.max(axis=0), shape[::-1], strict=True)
    columns, rows = (
        slice(max(0, math.floor(low - reach)), max(0, min(size, math.ceil(high + reach)))) for low, high, size in sides
    )
    return rows, columns


def _draw(
    canvas: NDArray[np.uint8], stroke: Stroke, origin: tuple[int, int], scale: float, corner: tuple[int, int]
) -> None:
    """Draw a stroke on a canvas whose first pixel is `corner`, (x, y) in the scaled image, relative to `origin`."""
    points = (np.array(stroke.points) - origin) * scale - corner
    corners = np.round(points * 2**_SUBPIXEL_BITS).astype(np.int32)[:, None]
    width = max(1, round(stroke.width * scale))
    # OpenCV draws no line with a single corner, so that one is repeated.
    line = corners if len(corners) > 1 else np.repeat(corners, 2, axis=0)
    cv2.polylines(canvas, [line], False, 1, width, cv2.LINE_8, _SUBPIXEL_BITS)


def _shrink(labels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Resize labels to `shape`; of the labels that meet in a pixel, the one that covers more wins."""
    if labels.shape == shape:
        return labels
    inside, outside = (
        cv2.resize((labels == label).astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
        for label in (LABELLED_INSIDE, LABELLED_OUTSIDE)
    )
    shrunk = np.where(inside >= outside, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)
    shrunk[(inside <= 0) & (outside <= 0)] = UNLABELLED
    return shrunk
