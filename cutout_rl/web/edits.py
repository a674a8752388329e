"""Edits of an image: strokes, imported labels, a background fill, changed outlines, and the box to cut in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import decode_scribbles, encode_scribbles
from cutout_rl.utils.errors import CutOutError

Pen = Literal["inside", "outside", "erase", "add", "remove"]
Points = tuple[tuple[float, float], ...]  # (x, y) in pixels of the image
Side = tuple[tuple[float, float], tuple[float, float]]
PERSON: Final = "person"
NETWORK: Final = "network"

MAX_POINTS: Final = 20_000  # per stroke
MAX_EDITS: Final = 5_000  # per image
MAX_WIDTH: Final = 2_000.0  # of a pen, in pixels of the image
MAX_PNG: Final = 2**21  # bytes of imported labels; they are written again after each stroke
MIN_BOX: Final = 8  # pixels of the image, either side
MAX_RINGS: Final = 1_000  # of an outline
MAX_OUTLINE: Final = 100_000  # rows that an outline may cross


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a pen.

    Attributes:
        pen: "inside", "outside" or "erase" labels; "add" or "remove" paints the mask itself.
        width: of the pen, in pixels of the image.
        points: (x, y) of its corners, in pixels of the image; a single one is a dot.
        by: the author: `PERSON`, `NETWORK` or the label of an agent.
        window: the part of the image that was seen while it was drawn, with a margin; None for all of it.
    """

    pen: Pen
    width: float
    points: Points
    by: str = PERSON
    window: "Box | None" = None


@dataclass(frozen=True)
class Box:
    """A rectangle to cut in: its rim is background, its centre is inside unless a stroke covers it.

    Attributes:
        left: first column, in pixels of the image.
        top: first row.
        right: the column after the last.
        bottom: the row after the last.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns, in pixels of the image."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows, in pixels of the image."""
        return self.bottom - self.top

    def common(self, other: "Box") -> "Box | None":
        """Return what two boxes have in common; None if that is nothing."""
        box = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return box if box.width > 0 and box.height > 0 else None

    def slices(self, origin: tuple[int, int] = (0, 0)) -> tuple[slice, slice]:
        """Return its rows and columns in an array whose first pixel is `origin`, (x, y) in the image."""
        x, y = origin
        return slice(self.top - y, self.bottom - y), slice(self.left - x, self.right - x)

    @classmethod
    def within(cls, sides: Sequence[float] | None, size: tuple[int, int]) -> "Box":
        """Return a box clipped to the image.

        Args:
            sides: left, top, right and bottom; None stands for the whole image.
            size: (height, width) of the image.

        Raises:
            CutOutError: it is smaller than `MIN_BOX` pixels.
        """
        height, width = size
        if sides is None:
            return cls(0, 0, width, height)
        left, top, right, bottom = (round(side) for side in sides)
        box = cls(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
        if box.right - box.left < MIN_BOX or box.bottom - box.top < MIN_BOX:
            raise CutOutError(f"The box is too small; it must be at least {MIN_BOX} pixels wide and high.")
        return box


@dataclass(frozen=True)
class Pixels:
    """Labels of single pixels, imported from another tool.

    Attributes:
        png: at the size of the image, as `encode_scribbles` writes them.
        size: (height, width) of the image.
    """

    png: bytes
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Check the file.

        Raises:
            CutOutError: it is invalid, of another size, or too large.
        """
        if len(self.png) > MAX_PNG:
            raise CutOutError(
                f"The labels take more than {MAX_PNG >> 20} MiB as PNG; import fewer and smoother regions."
            )
        self.labels()

    @classmethod
    def of(cls, labels: NDArray[np.uint8]) -> "Pixels":
        """Encode (H, W) uint8 labels, 0 none, 1 inside, 2 outside.

        Raises:
            CutOutError: the encoded labels are too large.
        """
        return cls(encode_scribbles(labels), (labels.shape[0], labels.shape[1]))

    def labels(self) -> NDArray[np.uint8]:
        """Decode the labels."""
        return decode_scribbles(self.png, self.size)


@dataclass(frozen=True)
class BackgroundFill:
    """Labels every unlabelled pixel as background."""


@dataclass(frozen=True)
class PolygonEdit:
    """A change of the object's outline: points of one of its rings that were moved, added or removed, or a new ring.

    The mask becomes what the new outline encloses, but only between the old and the new sides of the ring and along the
    sides that have changed. A ring that is new, drawn from nothing, changes only what it encloses.

    Attributes:
        outline: the closed rings before the change, (x, y) in pixels of the image; a pixel is inside if an odd number
            of them enclose its centre.
        number: of the changed ring, from 0; that of the next ring if it is new.
        ring: its points after the change; none if it was removed.
        width: of the band along changed sides, in pixels of the image.
    """

    outline: tuple[Points, ...]
    number: int
    ring: Points
    width: float

    def __post_init__(self) -> None:
        """Check the outline.

        Raises:
            CutOutError: the outline has no such ring, the new ring encloses nothing, or the outline is too long.
        """
        if not 0 <= self.number <= len(self.outline):
            raise CutOutError(f"The outline has no ring {self.number}.")
        if 0 < len(self.ring) < 3 or not (self.before or self.ring):
            raise CutOutError("A ring of the outline needs at least three points.")
        rings = (*self.outline, self.ring)
        if sum(1 + abs(start[1] - end[1]) for ring in rings for start, end in sides_of_ring(ring)) > MAX_OUTLINE:
            raise CutOutError("The outline is too long; zoom in, or draw with a pen or the brush.")

    @property
    def before(self) -> Points:
        """The ring before the change; none if it is new."""
        return self.outline[self.number] if self.number < len(self.outline) else ()

    @property
    def changed_sides(self) -> set[Side]:
        """The sides of the ring that were removed or added."""
        return set(sides_of_ring(self.before)) ^ set(sides_of_ring(self.ring))

    @property
    def after(self) -> tuple[Points, ...]:
        """The rings of the new outline."""
        changed = (self.ring,) if self.ring else ()
        return (*self.outline[: self.number], *changed, *self.outline[self.number + 1 :])


Edit = Stroke | Pixels | BackgroundFill | PolygonEdit | Box


def sides_of_ring(ring: Points) -> list[Side]:
    """Return the sides of a closed ring, as pairs of points."""
    return list(pairwise((*ring, *ring[:1])))


def is_by_agent(stroke: Stroke) -> bool:
    """Return whether an agent has drawn a stroke, whichever it was."""
    return stroke.by not in (PERSON, NETWORK)


def clamp(points: Points, size: tuple[int, int]) -> Points:
    """Move points outside an image of that (height, width) onto its border."""
    height, width = size
    return tuple((min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)) for x, y in points)


def clamp_corners(ring: Points, size: tuple[int, int]) -> Points:
    """Move corners of an outline outside an image of that (height, width) onto the outer edge of its pixels."""
    height, width = size
    return tuple((min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))) for x, y in ring)
