"""What a person or an agent does to an image: strokes, pixels from elsewhere, the rest as background, and the box that
the cut runs in."""

import binascii
import math
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import decode_scribbles, encode_scribbles
from cutout_rl.utils.errors import CutOutError

Pen = Literal["inside", "outside", "erase"]
PENS: Final[tuple[str, ...]] = get_args(Pen)
PERSON: Final = "person"
NETWORK: Final = "network"

MAX_POINTS: Final = 20_000  # of one stroke
MAX_ACTS: Final = 5_000  # on one image
MAX_WIDTH: Final = 2_000.0  # of a pen, in pixels of the image
MAX_PNG: Final = 2**21  # bytes of pixels from elsewhere, which are written again after each stroke
MIN_BOX: Final = 8  # pixels of the image, either side


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a pen.

    Attributes:
        pen: "inside", "outside" or "erase".
        width: of the pen, in pixels of the image.
        points: (x, y) of its corners, in pixels of the image; a single one is a dot.
        by: who drew it, `PERSON`, `NETWORK` or the label of an agent.
    """

    pen: Pen
    width: float
    points: tuple[tuple[float, float], ...]
    by: str = PERSON


@dataclass(frozen=True)
class Box:
    """A rectangle to cut in: its rim is background, its middle is inside until a stroke says otherwise.

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


@dataclass(frozen=True)
class Pixels:
    """Labels that another tool gave to single pixels.

    Attributes:
        png: at the size of the image, as `encode_scribbles` writes them.
        size: (height, width) of the image.
    """

    png: bytes
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Refuse what is no such file.

        Raises:
            CutOutError: it is none, is of another size, or is too large.
        """
        if len(self.png) > MAX_PNG:
            raise CutOutError(f"The labels take more than {MAX_PNG >> 20} MiB as PNG; give fewer and smoother regions.")
        self.labels()

    @classmethod
    def of(cls, labels: NDArray[np.uint8]) -> "Pixels":
        """Keep (H, W) uint8 labels, 0 none, 1 inside, 2 outside.

        Raises:
            CutOutError: they are too many to be kept.
        """
        return cls(encode_scribbles(labels), (labels.shape[0], labels.shape[1]))

    def labels(self) -> NDArray[np.uint8]:
        """Give the labels."""
        return decode_scribbles(self.png, self.size)


@dataclass(frozen=True)
class Rest:
    """Everything that carries no label yet becomes background."""


Act = Stroke | Pixels | Rest | Box


def read_points(value: object, size: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """Read the points of a stroke, and move those that lie outside the image onto its border.

    Args:
        value: a list of [x, y].
        size: (height, width) of the image.

    Raises:
        CutOutError: it is no such list, holds what is not finite, or is too long.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MAX_POINTS:
        raise CutOutError(f"A stroke needs 1 to {MAX_POINTS} points.")
    height, width = size
    points = []
    for point in value:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise CutOutError("A point of a stroke must be a pair of numbers.")
        x, y = (_number(coordinate, "A coordinate") for coordinate in point)
        points.append((min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)))
    return tuple(points)


def read_stroke(value: dict[str, Any], size: tuple[int, int]) -> Stroke:
    """Read a stroke from JSON: pen, width, points and, where it was not a person, by.

    Raises:
        CutOutError: it is none.
    """
    pen, by = value.get("pen"), value.get("by", PERSON)
    if pen not in PENS:
        raise CutOutError(f"A pen must be one of {', '.join(PENS)}.")
    if not isinstance(by, str) or len(by) > 100:
        raise CutOutError("Who drew a stroke must be a short text.")
    width = _number(value.get("width"), "The width of a pen")
    if not 0 < width <= MAX_WIDTH:
        raise CutOutError(f"The width of a pen must be above 0 and at most {MAX_WIDTH:.0f} pixels.")
    return Stroke(pen, width, read_points(value.get("points"), size), by)


def read_box(value: object, size: tuple[int, int]) -> Box:
    """Read a box from JSON, [left, top, right, bottom], cut to the image; None stands for the whole image.

    Raises:
        CutOutError: it is none, or too small.
    """
    height, width = size
    if value is None:
        return Box(0, 0, width, height)
    if not isinstance(value, list) or len(value) != 4:
        raise CutOutError("A box must be left, top, right and bottom.")
    left, top, right, bottom = (round(_number(side, "A side of a box")) for side in value)
    box = Box(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    if box.right - box.left < MIN_BOX or box.bottom - box.top < MIN_BOX:
        raise CutOutError(f"A box must be at least {MIN_BOX} pixels wide and high.")
    return box


def to_json(act: Act) -> dict[str, Any]:
    """Give what `read_act` reads."""
    if isinstance(act, Box):
        return {"box": [act.left, act.top, act.right, act.bottom]}
    if isinstance(act, Pixels):
        return {"pixels": b64encode(act.png).decode()}
    return {"rest": "outside"} if isinstance(act, Rest) else asdict(act)


def read_act(value: object, size: tuple[int, int]) -> Act:
    """Read a stroke, pixels, the rest or a box from JSON.

    Raises:
        CutOutError: it is none of them.
    """
    if not isinstance(value, dict):
        raise CutOutError("A stroke must be an object with pen, width and points.")
    if value == {"rest": "outside"}:
        return Rest()
    if "pixels" in value:
        try:
            return Pixels(b64decode(value["pixels"], validate=True), size)
        except (TypeError, ValueError, binascii.Error):
            raise CutOutError("Pixels must be a PNG file in base64.") from None
    return read_box(value["box"], size) if "box" in value else read_stroke(value, size)


def _number(value: object, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e7 or math.isnan(value):
        raise CutOutError(f"{what} must be a number.")
    return float(value)
