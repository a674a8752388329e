"""The points of an object's outline: few enough to be dragged, and those that a person has placed among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cutout_rl.data.formats.polygons import outlines_of
from cutout_rl.web.edits import Box, Edit, Points, PolygonEdit

_FINEST: Final = 1.0  # px of the image; finer outlines follow the steps of slanted edges
_PLACED: Final = 1.5  # px of the image by which an outline may miss a point that was placed on it
_MOST: Final = 1_000  # points of an outline
_COARSER: Final = 1.5  # how much coarser an outline is that would have more


@dataclass(frozen=True)
class Spacing:
    """How exactly points follow an outline.

    Attributes:
        area: what a person sees of the image.
        tolerance: distance of the outline from the lines between points, in pixels of the image, in the area.
        elsewhere: the same outside the area.
    """

    area: Box
    tolerance: float
    elsewhere: float

    @property
    def band(self) -> float:
        """Width of the band along a side in which the outline lies, in pixels of the image."""
        return 2 * max(_FINEST, self.tolerance) + 1


def outline_points(mask: NDArray[np.bool_], edits: Sequence[Edit], spacing: Spacing) -> list[Points]:
    """Return the points of a mask's outline.

    Points of the last `PolygonEdit` stay where they are as long as the outline passes there. Finer points are added to
    the coarser ones, so that zooming moves none.

    Args:
        mask: (H, W) bool, in pixels of the image.
        edits: that have produced it, in order.
        spacing: of the points.

    Returns:
        Closed rings of at least three points.
    """
    last = next((edit for edit in reversed(edits) if isinstance(edit, PolygonEdit)), None)
    placed = np.array([point for ring in last.after for point in ring] if last else []).reshape(-1, 2)
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    traced = outlines_of(mask[top : top + height, left : left + width])
    longest = sorted(traced, key=len, reverse=True)[: _MOST // 3]  # each ring has three points or more
    outlines = [_Outline(corners + np.array((left, top)), placed) for corners in longest]
    factor = 1.0
    while True:
        rings = [ring for outline in outlines if len(ring := outline.points(spacing, factor)) >= 3]
        if sum(map(len, rings)) <= _MOST or factor > max(mask.shape):
            return rings
        factor *= _COARSER


class _Outline:
    """A closed line along the edges of pixels."""

    def __init__(self, corners: NDArray[np.int64], placed: NDArray[np.float64]) -> None:
        """Find the points that were placed on the line.

        Args:
            corners: (N, 2), x and y.
            placed: (M, 2), some of which may lie on it.
        """
        closed = np.concatenate([corners, corners[:1]])
        lengths = np.abs(np.diff(closed, axis=0)).sum(axis=1)
        places = np.arange(lengths.sum() + 1)
        at_corners = np.concatenate([[0], lengths.cumsum()])
        self._line = np.stack([np.interp(places, at_corners, closed[:, side]) for side in (0, 1)], axis=1)
        self._placed: set[int] = set()  # indices in the line
        if not len(placed):
            return
        distances, indices = cKDTree(self._line[:-1]).query(placed)
        is_near = distances <= _PLACED
        self._line[indices[is_near]] = placed[is_near]
        first = indices[is_near].min() if is_near.any() else 0  # the line begins at a placed point
        self._line = np.concatenate([self._line[first:-1], self._line[: first + 1]])
        self._placed = set((indices[is_near] - first).tolist())

    def points(self, spacing: Spacing, factor: float) -> Points:
        """Return the points of the line, with tolerances that are larger by a factor."""
        ends = sorted({0, *self._placed, len(self._line) - 1})
        kept = {index for first, last in pairwise(ends) for index in self._between(first, last, spacing, factor)}
        return tuple((x, y) for x, y in self._line[sorted(kept)].tolist())

    def _between(self, first: int, last: int, spacing: Spacing, factor: float) -> Iterator[int]:
        """Yield the indices of the points from one place to another, without the last (Douglas and Peucker, 1973)."""
        parts = [(first, last)]
        while parts:
            first, last = parts.pop()
            yield first
            line = self._line[first : last + 1]
            area = spacing.area
            is_seen = (line.max(axis=0) >= (area.left, area.top)).all() and (
                line.min(axis=0) <= (area.right, area.bottom)
            ).all()
            tolerance = max(_FINEST, spacing.tolerance if is_seen else spacing.elsewhere) * factor
            step = line[-1] - line[0]
            along = np.clip((line - line[0]) @ step / max(step @ step, 1e-9), 0, 1)
            distances = np.hypot(*(line - line[0] - along[:, None] * step).T)
            at = int(distances.argmax())
            if distances[at] > tolerance:
                parts += [(first, first + at), (first + at, last)]
