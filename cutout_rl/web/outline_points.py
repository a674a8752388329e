"""The points of an object's outline: few enough to be dragged, and those that a person has placed among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cutout_rl.data.formats.polygons import outlines_of
from cutout_rl.web.edits import Box, Edit, Points, PolygonEdit, sides_of_ring

_FINEST: Final = 1.0  # px of the image; finer outlines follow the steps of slanted edges
_NEAR: Final = 1.5  # px of the image by which an outline may miss a point that lies on it
_SLACK: Final = 0.5  # of the tolerance, within which points from before are left out
_MOST: Final = 1_000  # points of an outline
_COARSER: Final = 1.5  # how much coarser an outline is that would have more

Point = tuple[float, float]


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

    Points that a person has moved or added, and their neighbours, stay where they are as long as the outline passes
    there. So do the others of the last `PolygonEdit` that the spacing leaves room for. Finer points are added to the
    coarser ones, so that zooming in moves none.

    Args:
        mask: (H, W) bool, in pixels of the image.
        edits: that have produced it, in order.
        spacing: of the points.

    Returns:
        Closed rings of at least three points.
    """
    changes = [edit for edit in edits if isinstance(edit, PolygonEdit)]
    sides = {side for edit in changes for side in set(sides_of_ring(edit.ring)) - set(sides_of_ring(edit.before))}
    placed = {end for side in sides for end in side}
    others = {point for edit in changes[-1:] for ring in edit.after for point in ring} - placed
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    traced = outlines_of(mask[top : top + height, left : left + width])
    longest = sorted(traced, key=len, reverse=True)[: _MOST // 3]  # each ring has three points or more
    outlines = [_Outline(corners + np.array((left, top)), placed, others) for corners in longest]
    factor = 1.0
    while True:
        rings = [ring for outline in outlines if len(ring := outline.points(spacing, factor)) >= 3]
        if sum(map(len, rings)) <= _MOST or factor > max(mask.shape):
            return rings
        factor *= _COARSER


class _Outline:
    """A closed line along the edges of pixels, and through the points near it that were there before."""

    def __init__(self, corners: NDArray[np.int64], placed: Collection[Point], others: Collection[Point]) -> None:
        """Find the points from before that lie on the line.

        Args:
            corners: (N, 2), x and y.
            placed: points of a person, some of which may lie on it.
            others: further points, some of which may lie on it.
        """
        closed = np.concatenate([corners, corners[:1]])
        lengths = np.abs(np.diff(closed, axis=0)).sum(axis=1)
        places = np.arange(lengths.sum() + 1)
        at_corners = np.concatenate([[0], lengths.cumsum()])
        self._line = np.stack([np.interp(places, at_corners, closed[:, side]) for side in (0, 1)], axis=1)
        tree = cKDTree(self._line[:-1])
        kept = self._pull(tree, others)
        fixed = self._pull(tree, placed)
        first = min(fixed or kept or {0})  # where the line begins; that point is always kept
        self._line = np.concatenate([self._line[first:-1], self._line[: first + 1]])
        end = len(self._line) - 1
        self._fixed = {0, end, *((index - first) % end for index in fixed)}
        self._kept = self._fixed | {(index - first) % end for index in kept}

    def _pull(self, tree: cKDTree, points: Collection[Point]) -> set[int]:
        """Pull the line to the points that are near, and return their indices."""
        if not points:
            return set()
        places = np.array(list(points))
        distances, indices = tree.query(places)
        is_near = distances <= _NEAR
        self._line[indices[is_near]] = places[is_near]
        return set(indices[is_near].tolist())

    def points(self, spacing: Spacing, factor: float) -> Points:
        """Return the points of the line, with tolerances that are larger by a factor."""
        kept = self._needed(sorted(self._kept), self._fixed, spacing, _SLACK * factor)
        found = self._needed(range(len(self._line)), kept, spacing, factor)
        return tuple((x, y) for x, y in self._line[sorted(found)[:-1]].tolist())

    def _needed(self, indices: Sequence[int], fixed: Collection[int], spacing: Spacing, factor: float) -> set[int]:
        """Return those of some indices that the tolerance demands between fixed ones (Douglas and Peucker, 1973)."""
        points, area = self._line[indices], spacing.area
        ends = [place for place, index in enumerate(indices) if index in fixed]
        found = set(fixed)
        parts = list(pairwise(ends))
        while parts:
            first, last = parts.pop()
            line = points[first : last + 1]
            is_below = (line.max(axis=0) >= (area.left, area.top)).all()
            is_seen = is_below and (line.min(axis=0) <= (area.right, area.bottom)).all()
            tolerance = max(_FINEST, spacing.tolerance if is_seen else spacing.elsewhere) * factor
            step = line[-1] - line[0]
            along = np.clip((line - line[0]) @ step / max(step @ step, 1e-9), 0, 1)
            distances = np.hypot(*(line - line[0] - along[:, None] * step).T)
            at = int(distances.argmax())
            if distances[at] > tolerance:
                found.add(indices[first + at])
                parts += [(first, first + at), (first + at, last)]
        return found
