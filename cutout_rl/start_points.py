"""Where an agent's pens start on images that nobody has cut out yet."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutout_rl.annotations.annotation import Shape, shown
from cutout_rl.annotations.json_file import text_of
from cutout_rl.errors import CutOutError
from cutout_rl.game.game import Point

COLUMNS: Final = ("image", "inside_x", "inside_y", "outside_x", "outside_y")
_CORNER: Final = 0.06  # of the width and the height


@dataclass(frozen=True)
class StartPoints:
    """One point inside the object and one outside, each (x, y) as a share of the image's width and height, in [0, 1).

    Agents learn with an inside point anywhere in the object and an outside point anywhere else, at least 3 px of the
    game's square from the outline; these are the middle of the image and its upper left corner by default.
    """

    inside: tuple[float, float] = (0.5, 0.5)
    outside: tuple[float, float] = (_CORNER, _CORNER)

    def in_square(self, size: int) -> tuple[Point, Point]:
        """Give both as (row, column) of a square of `size` pixels into which the image is squeezed."""
        (x, y), (other_x, other_y) = self.inside, self.outside
        return (int(y * size), int(x * size)), (int(other_y * size), int(other_x * size))


Pixels = tuple[float | None, float | None, float | None, float | None]


def read_points(path: Path, names: Iterable[str]) -> dict[str, Pixels]:
    """Read a CSV file of start points, in pixels of the upright images.

    Its columns are `image`, a file name, and `inside_x`, `inside_y`, `outside_x`, `outside_y`; a point whose cells are
    empty stays where it is by default, and so do both of an image that is not in the file.

    Args:
        path: the file.
        names: of the images that are here.

    Returns:
        The four numbers of each image in the file, None where a cell is empty.

    Raises:
        CutOutError: the file is missing, has other columns, or names an image that is not here or one twice.
    """
    try:
        text = text_of(path.read_bytes(), str(path))
    except OSError as error:
        raise CutOutError(f"{path} cannot be read ({error.strerror}); name a CSV file of start points.") from None
    points: dict[str, Pixels] = {}
    known = set(names)
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if tuple(header) != COLUMNS:
            raise ValueError
        for name, *cells in filter(None, rows):
            if name not in known or name in points:
                raise CutOutError(f"{path} names the image {shown(name)}, which is not here or twice in it; mend the row.")
            inside_x, inside_y, outside_x, outside_y = (float(cell) if cell.strip() else None for cell in cells)
            points[name] = (inside_x, inside_y, outside_x, outside_y)
    except (ValueError, csv.Error):
        raise CutOutError(f"{path} is no CSV file of numbers with the columns {','.join(COLUMNS)}; mend it.") from None
    return points


def start_points(name: str, points: Mapping[str, Pixels], shape: Shape) -> StartPoints:
    """Give the start points of an image: those of the file, else the usual ones.

    Args:
        name: of the image.
        points: from `read_points`.
        shape: height and width of the image.

    Raises:
        CutOutError: a point is half given, or outside of the image.
    """
    height, width = shape
    usual = StartPoints()
    inside_x, inside_y, outside_x, outside_y = points.get(name, (None,) * 4)
    shares = []
    for (x, y), default in (((inside_x, inside_y), usual.inside), ((outside_x, outside_y), usual.outside)):
        if x is None and y is None:
            shares.append(default)
        elif x is None or y is None or not (0 <= x < width and 0 <= y < height) or math.isnan(x + y):
            raise CutOutError(f"A start point of {name} is not inside its {width} x {height} pixels; mend its row.")
        else:
            shares.append((x / width, y / height))
    return StartPoints(*shares)
