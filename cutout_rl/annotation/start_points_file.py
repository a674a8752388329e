"""CSV files of start points, and default start points."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cutout_rl.data.image_files import Shape
from cutout_rl.data.splits import normalised
from cutout_rl.game.game import Point
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import read_file, text_of

COLUMNS: Final = ("image", "inside_x", "inside_y", "outside_x", "outside_y")
# Default start points inside and outside, as fractions of width and height.
MIDDLE: Final = 0.5
CORNER: Final = 0.06


Pixels = tuple[float | None, float | None, float | None, float | None]  # x and y inside, x and y outside
DEFAULT_POINTS: Final[Pixels] = (None, None, None, None)


def read_points(path: Path, names: Iterable[str]) -> dict[str, Pixels]:
    """Read a CSV file of start points, in pixels of the upright images.

    The columns are `image` (a file name), `inside_x`, `inside_y`, `outside_x` and `outside_y`. Empty cells and images
    missing from the file mean the default points.

    Args:
        path: the file.
        names: names of the images.

    Returns:
        For each image in the file x and y inside, x and y outside; None for an empty cell.

    Raises:
        CutOutError: the file is missing, has other columns, or names an unknown image or one image twice.
    """
    text = text_of(read_file(path, str(path)), str(path))
    points: dict[str, Pixels] = {}
    names_of_images = set(names)
    known = {normalised(name): name for name in names_of_images}
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if tuple(header) != COLUMNS:
            raise ValueError
        for name, *cells in filter(None, rows):
            name = known.get(normalised(name), name)
            if name not in names_of_images or name in points:
                raise CutOutError(
                    f"{path} names the image {shown(name)}, which is missing or listed twice; fix this row."
                )
            inside_x, inside_y, outside_x, outside_y = (float(cell) if cell.strip() else None for cell in cells)
            points[name] = (inside_x, inside_y, outside_x, outside_y)
    except (ValueError, csv.Error):
        raise CutOutError(
            f"{path} is not a CSV file of numbers with the columns {','.join(COLUMNS)}; fix it."
        ) from None
    return points


def start_points_in_square(name: str, points: Pixels, shape: Shape, size: int) -> tuple[Point, Point]:
    """Convert the start points of an image to the game's square; by default the centre and a corner.

    Agents are trained with start points at least 3 px of the square away from the object's outline.

    Args:
        name: name of the image.
        points: start points in pixels of the image; None for the default.
        shape: height and width of the image.
        size: side of the game's square.

    Returns:
        (row, column) of the inside and the outside point in the square.

    Raises:
        CutOutError: a point is incomplete or outside the image, or both points coincide.
    """
    height, width = shape
    start: list[Point] = []
    for (x, y), share in ((points[:2], MIDDLE), (points[2:], CORNER)):
        if x is None and y is None:
            x, y = share * width, share * height
        # The comparison is written so that NaN fails.
        if x is None or y is None or not (0 <= x < width and 0 <= y < height):
            raise CutOutError(f"A start point of {name} is not within its {width} x {height} pixels; fix its row.")
        start.append((int(y * size / height), int(x * size / width)))
    if start[0] == start[1]:
        raise CutOutError(f"Both start points of {name} fall on one pixel; move one of them.")
    return start[0], start[1]
