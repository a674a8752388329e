"""What `reset(options=...)` may choose."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from cutout_rl.game.game import Point
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class ResetOptions:
    """How an episode begins.

    Attributes:
        index: of the image in the source; None draws one.
        start: (row, column) start points of the inside and the outside pen; None draws them.
    """

    index: int | None = None
    start: tuple[Point, Point] | None = None

    @classmethod
    def parse(cls, options: Mapping[str, Any] | None, image_size: int) -> "ResetOptions":
        """Check the options of a reset.

        Args:
            options: the user's; None chooses nothing.
            image_size: side of the image, within which the points lie.

        Raises:
            CutOutError: an unknown key, or a value that does not fit.
        """
        options = options or {}
        for key in options:
            require_choice("option of reset", key, [field.name for field in fields(cls)])
        index, start = options.get("index"), options.get("start")
        return cls(
            None if index is None else _whole_number("index", index),
            None if start is None else _start_points(start, image_size),
        )


def _whole_number(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise CutOutError(f"The option {name!r} is {value!r}, but must be a whole number.") from None


def _start_points(start: Any, image_size: int) -> tuple[Point, Point]:
    try:
        inside, outside = ((operator.index(row), operator.index(column)) for row, column in start)
    except (TypeError, ValueError):
        raise CutOutError(
            f"The option 'start' is {start!r}, but must be the (row, column) of both points:"
            " ((row, column) inside, (row, column) outside)."
        ) from None
    if not all(0 <= coordinate < image_size for coordinate in (*inside, *outside)):
        raise CutOutError(
            f"The option 'start' is {start!r}, but the points must lie in an image of {image_size} pixels."
        )
    if inside == outside:
        raise CutOutError(f"The option 'start' is {start!r}, but the two points must differ.")
    return inside, outside
