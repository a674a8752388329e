"""The JSON form of edits, in files and in messages."""

from base64 import b64encode
from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import (
    MAX_POINTS,
    MAX_RINGS,
    MAX_WIDTH,
    PERSON,
    BackgroundFill,
    Box,
    Edit,
    Pen,
    Pixels,
    PolygonEdit,
    Stroke,
    clamp,
    clamp_corners,
)

Width = Annotated[float, Meta(gt=0, le=MAX_WIDTH)]
PointsJson = Annotated[tuple[tuple[float, float], ...], Meta(min_length=1, max_length=MAX_POINTS)]
Sides = tuple[float, float, float, float]  # left, top, right, bottom


class _StrokeJson(msgspec.Struct):
    pen: Pen
    width: Width
    points: PointsJson
    by: Annotated[str, Meta(max_length=100)] = PERSON
    window: Sides | None = None


class _BoxJson(msgspec.Struct):
    box: Sides


class PolygonJson(msgspec.Struct):
    """A changed outline; see `PolygonEdit`."""

    outline: Annotated[list[PointsJson], Meta(max_length=MAX_RINGS)]
    number: int
    ring: Annotated[tuple[tuple[float, float], ...], Meta(max_length=MAX_POINTS)]
    width: Width

    def clipped(self, size: tuple[int, int]) -> PolygonEdit:
        """Return the edit, clipped to an image of that (height, width).

        Raises:
            CutOutError: it is invalid.
        """
        outline = tuple(clamp_corners(ring, size) for ring in self.outline)
        return PolygonEdit(outline, self.number, clamp_corners(self.ring, size), self.width)


class _PixelsJson(msgspec.Struct):
    pixels: bytes  # a PNG file, in base64


class _FillJson(msgspec.Struct):
    rest: Literal["outside"]


def to_json(edit: Edit) -> dict[str, Any]:
    """Return the JSON-able form of an edit."""
    if isinstance(edit, Box):
        return {"box": sides_of(edit)}
    if isinstance(edit, Pixels):
        return {"pixels": b64encode(edit.png).decode()}
    if isinstance(edit, BackgroundFill):
        return {"rest": "outside"}
    if isinstance(edit, PolygonEdit):
        return asdict(edit)
    value = asdict(edit)
    del value["window"]
    return value if edit.window is None else {**value, "window": sides_of(edit.window)}


def from_json(value: dict[str, Any], size: tuple[int, int]) -> Edit:
    """Return an edit from the form that `to_json` returns, clipped to an image of that (height, width).

    Raises:
        CutOutError: the value is not an edit.
    """
    try:
        if "rest" in value:
            msgspec.convert(value, _FillJson)
            return BackgroundFill()
        if "pixels" in value:
            return Pixels(msgspec.convert(value, _PixelsJson).pixels, size)
        if "outline" in value:
            return msgspec.convert(value, PolygonJson).clipped(size)
        if "box" in value:
            return Box.within(msgspec.convert(value, _BoxJson).box, size)
        stroke = msgspec.convert(value, _StrokeJson)
    except msgspec.ValidationError as error:
        raise CutOutError(f"An edit is invalid: {error}.") from None
    return Stroke(stroke.pen, stroke.width, clamp(stroke.points, size), stroke.by, read_window(stroke.window, size))


def sides_of(box: Box) -> list[int]:
    """Return left, top, right and bottom of a box."""
    return [box.left, box.top, box.right, box.bottom]


def read_window(sides: Sides | None, size: tuple[int, int]) -> Box | None:
    """Return the window of a stroke, clipped to an image of that (height, width).

    Raises:
        CutOutError: it is too small.
    """
    return None if sides is None else Box.within(sides, size)
