"""Where an agent's pens start on images that nobody has cut out yet."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cutout_rl.data.formats.annotation import Shape, shown
from cutout_rl.data.formats.json_file import text_of
from cutout_rl.game.game import Point
from cutout_rl.utils.errors import CutOutError

COLUMNS: Final = ("image", "inside_x", "inside_y", "outside_x", "outside_y")
# Where the pens start if nobody says: shares of the width and of the height.
MIDDLE: Final = 0.5
CORNER: Final = 0.06


Pixels = tuple[float | None, float | None, float | None, float | None]  # x and y inside, x and y outside
USUAL: Final[Pixels] = (None, None, None, None)


def read_points(path: Path, names: Iterable[str]) -> dict[str, Pixels]:
    """Read a CSV file of start points, in pixels of the upright images.

    Its columns are `image`, a file name, and `inside_x`, `inside_y`, `outside_x`, `outside_y`; a point whose cells are
    empty stays where it is by default, and so do both of an image that is not in the file.

    Args:
        path: the file.
        names: of the images that are here.

    Returns:
        The four numbers of each image in the file, x and y inside, x and y outside; None where a cell is empty.

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
                raise CutOutError(
                    f"{path} names the image {shown(name)}, which is not here or twice in it; mend the row."
                )
            inside_x, inside_y, outside_x, outside_y = (float(cell) if cell.strip() else None for cell in cells)
            points[name] = (inside_x, inside_y, outside_x, outside_y)
    except (ValueError, csv.Error):
        raise CutOutError(f"{path} is no CSV file of numbers with the columns {','.join(COLUMNS)}; mend it.") from None
    return points


def start_in_square(name: str, points: Pixels, shape: Shape, size: int) -> tuple[Point, Point]:
    """Give the start points of an image in the square that it is squeezed into: by default the middle and a corner.

    Agents learn with an inside point anywhere on the object and an outside point anywhere else, both at least 3 px of
    the game's square from the outline.

    Args:
        name: of the image.
        points: of the inside and the outside pen in pixels of the image; None where nobody said.
        shape: height and width of the image.
        size: of the game's square.

    Returns:
        (row, column) in the square of the inside and the outside point.

    Raises:
        CutOutError: a point is half given or outside of the image, or both are one.
    """
    height, width = shape
    start: list[Point] = []
    for (x, y), share in ((points[:2], MIDDLE), (points[2:], CORNER)):
        if x is None and y is None:
            x, y = share * width, share * height
        # Written so that NaN fails too.
        if x is None or y is None or not (0 <= x < width and 0 <= y < height):
            raise CutOutError(f"A start point of {name} does not lie in its {width} x {height} pixels; mend its row.")
        start.append((int(y * size / height), int(x * size / width)))
    if start[0] == start[1]:
        raise CutOutError(f"Both start points of {name} fall on one pixel; move one of them in its row.")
    return start[0], start[1]
