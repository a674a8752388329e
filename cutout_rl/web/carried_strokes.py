"""Strokes carried along from one frame of a video to another, with what they were drawn on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.strokes import UNLABELLED
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edits import (
    MAX_EDITS,
    Box,
    Edit,
    Pixels,
    PolygonEdit,
    Stroke,
    clamp_corners,
)
from cutout_rl.web.folder_changes import Replacement
from cutout_rl.web.objects import ImageRecord, without_empty

_SIDE: Final = 512  # px, the longer one, at which the motion is estimated
_TOLERANCE: Final = 1.0  # px at that size by which a point may miss itself after moving there and back
_PATCH: Final = 5  # px at that size, whose mean colours are compared
_LIKENESS: Final = 20.0  # levels by which the mean colour of a patch may change, in any channel
_SPACING: Final = 4.0  # px at that size between the points of a stroke that are moved
_LEAST: Final = 4  # points in a row; fewer of a longer stroke are certain by chance
_GRID: Final = 16  # points across a box, whose motion moves it


@dataclass(frozen=True)
class Carried:
    """Strokes that were carried along.

    Attributes:
        note: a sentence that says what was.
        change: of the folder, to be undone.
    """

    note: str
    change: Replacement


def carry_strokes(app_state: AppState, source: str, target: str) -> Carried:
    """Copy the objects and edits of a frame to another without strokes, moved as the picture has moved.

    Points whose motion is uncertain, because something covers them or they have left the picture, are dropped.

    Args:
        app_state: holds the images and their strokes.
        source: name of the frame with strokes.
        target: name of the frame without.

    Raises:
        CutOutError: there is no such image, the source has no strokes, the target has some, the sizes differ, or
            nothing of the strokes can be found again.
        OSError: the strokes cannot be saved.
    """
    images, storage = app_state.images, app_state.storage
    size = images.shape(target)
    if images.shape(source) != size:
        raise CutOutError(f"{source} and {target} differ in size; strokes go from frame to frame of one video.")
    record = storage.load(source, size)
    if not record.tagged:
        raise CutOutError(f"{source} has no strokes to carry along.")
    motion = Motion(images.load(source), images.load(target))
    tagged = tuple((owner, moved) for owner, edit in record.tagged for moved in _move(edit, motion, size))
    if not tagged:
        raise CutOutError(f"Nothing that is marked in {source} is found again in {target}; draw new strokes.")
    if len(tagged) > MAX_EDITS:
        raise CutOutError(f"An image can have at most {MAX_EDITS} strokes; those of {source} would become more.")
    carried = ImageRecord(without_empty(record.objects, (owner for owner, _ in tagged)), tagged)
    with storage.lock:
        before = storage.find(target, size)
        if before is not None and before.tagged:
            raise CutOutError(f"{target} has strokes already; clear it first.")
        storage.save(target, size, carried)
        classes = storage.classes.load()
    n_kept = len({owner for owner, _ in tagged})
    lost = len({owner for owner, _ in record.tagged}) - n_kept
    objects = f"{n_kept} object{'' if n_kept == 1 else 's'}"
    note = f"Strokes of {objects} carried along from {source}{f'; {lost} not found again' if lost else ''}."
    return Carried(note, Replacement("Carrying over", {target: before}, {target: carried}, (classes, classes)))


class Motion:
    """The motion between two images of one size, as dense optical flow in both directions.

    The flow is that of Kroeger et al., "Fast Optical Flow using Dense Inverse Search" (ECCV 2016), as OpenCV computes
    it, on images of at most 512 pixels. It is taken to be certain where both directions agree and the colour stays: a
    flow is smooth, and passes over what has been covered.
    """

    def __init__(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> None:
        """Estimate the motion between two (H, W, 3) uint8 RGB images."""
        self._scale: float = min(1.0, _SIDE / max(before.shape[:2]))
        small = [self._shrink(image) for image in (before, after)]
        first, second = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in small)
        flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._there, self._back = (
            np.asarray(flow.calc(begin, end, np.zeros((*begin.shape, 2), np.float32)), np.float32)
            for begin, end in ((first, second), (second, first))
        )
        self._colours = [cv2.blur(image, (_PATCH, _PATCH)).astype(np.float32) for image in small]

    def _shrink(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._scale == 1:
            return image
        small = cv2.resize(image, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def _is_alike(self, before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return at which of (N, 2) places in both small images the colour is the same, (N,) bool."""
        change = _sample(self._colours[0], before) - _sample(self._colours[1], after)
        return np.asarray(np.abs(change).max(axis=1) <= _LIKENESS)

    @property
    def spacing(self) -> float:
        """The distance between the points of a stroke that are moved, in pixels of the image."""
        return _SPACING / self._scale

    def move(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Move points of the first image to the second one.

        Args:
            points: (N, 2) float64, x and y in pixels of the image.

        Returns:
            The (N, 2) float64 moved points, and which of them, (N,) bool, are certain and inside the image.
        """
        small = (points * self._scale).astype(np.float32)
        moved = small + _sample(self._there, small)
        back = moved + _sample(self._back, moved)
        height, width = self._there.shape[:2]
        is_inside = ((moved >= 0) & (moved <= (width - 1, height - 1))).all(axis=1)
        is_sure = is_inside & (np.hypot(*(back - small).T) <= _TOLERANCE) & self._is_alike(small, moved)
        return moved.astype(np.float64) / self._scale, is_sure

    def move_labels(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Move the (H, W) uint8 labels of pixels; those whose motion is uncertain become unlabelled."""
        height, width = labels.shape
        columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        small = np.stack([columns, rows], axis=-1).reshape(-1, 2) * np.float32(self._scale)
        origin = small + _sample(self._back, small)
        again = origin + _sample(self._there, origin)
        is_sure = (np.hypot(*(again - small).T) <= _TOLERANCE) & self._is_alike(origin, small)
        places = (origin / np.float32(self._scale)).reshape(height, width, 2)
        moved = cv2.remap(labels, places[..., 0], places[..., 1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
        return np.where(is_sure.reshape(labels.shape), moved, UNLABELLED).astype(np.uint8)


def _sample(values: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolate (H, W, C) values at (N, 2) points, x and y; beyond the border they are those of the border."""
    # OpenCV's remap takes at most 32,767 points in a row.
    parts = np.array_split(points, 1 + len(points) // 32_000)
    found = [
        cv2.remap(values, part[None, :, 0], part[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        for part in parts
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in found])


def _move(edit: Edit, motion: Motion, size: tuple[int, int]) -> Iterator[Edit]:
    """Yield what becomes of an edit: parts of a stroke, a moved box, outline or labels; a background fill stays."""
    if isinstance(edit, Stroke):
        window = None if edit.window is None else _move_box(edit.window, motion, size)
        points, is_sure = motion.move(_resample(np.array(edit.points, np.float64), motion.spacing))
        for sure, group in groupby(range(len(points)), key=is_sure.__getitem__):
            run = list(group)
            if sure and len(run) >= min(_LEAST, len(points)):
                places = tuple((round(float(x), 2), round(float(y), 2)) for x, y in points[run])
                yield replace(edit, points=places, window=window)
    elif isinstance(edit, Box):
        if (box := _move_box(edit, motion, size)) is not None:
            yield box
    elif isinstance(edit, PolygonEdit):
        yield from _move_outline(edit, motion, size)
    elif isinstance(edit, Pixels):
        labels = motion.move_labels(edit.labels())
        if labels.any():
            yield Pixels.of(labels)
    else:
        yield edit


def _move_outline(edit: PolygonEdit, motion: Motion, size: tuple[int, int]) -> Iterator[PolygonEdit]:
    """Yield a changed outline, moved, unless the motion of a point is uncertain whose sides have changed."""
    points = sorted({point for ring in (*edit.outline, edit.ring) for point in ring})
    moved, is_sure = motion.move(np.array(points, np.float64))
    places = dict(zip(points, ((round(float(x), 2), round(float(y), 2)) for x, y in moved), strict=True))
    sure = {point for point, is_certain in zip(points, is_sure, strict=True) if is_certain}
    if all(point in sure for side in edit.changed_sides for point in side):
        rings = [clamp_corners(tuple(places[point] for point in ring), size) for ring in (*edit.outline, edit.ring)]
        yield replace(edit, outline=tuple(rings[:-1]), ring=rings[-1])


def _move_box(box: Box, motion: Motion, size: tuple[int, int]) -> Box | None:
    """Move a box by the median motion inside it; None if that is unknown, or too little of the box is left."""
    sides = np.linspace(box.left, box.right - 1, _GRID), np.linspace(box.top, box.bottom - 1, _GRID)
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    moved, is_sure = motion.move(grid)
    if not is_sure.any():
        return None
    right, down = np.median((moved - grid)[is_sure], axis=0)
    try:
        return Box.within((box.left + right, box.top + down, box.right + right, box.bottom + down), size)
    except CutOutError:
        return None


def _resample(points: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Return (M, 2) points along a line of (N, 2) corners, at most `spacing` apart, the corners included."""
    parts = [points[:1]]
    for begin, end in pairwise(points):
        n = max(1, int(np.ceil(np.hypot(*(end - begin)) / spacing)))
        parts.append(begin + (end - begin) * (np.arange(1, n + 1) / n)[:, None])
    return np.concatenate(parts)
