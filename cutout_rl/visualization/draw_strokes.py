"""Drawing a game's strokes and masks onto axes."""

from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.game.rendering import draw_outline, enlarge

PEN_NAMES: Final = ("inside pen", "outside pen")
PEN_COLOURS: Final = tuple(tuple(part / 255 for part in colour) for colour in (INSIDE_COLOUR, OUTSIDE_COLOUR))
# Told apart without colours too: the outside pen draws dashes, and starts from a square.
PEN_STYLES: Final = ("solid", (0, (1.4, 0.7)))
PEN_MARKERS: Final = ("o", "s")
# From light (first) to dark (last), so that time shows in grey too.
PEN_MAPS: Final = ("Blues", "Oranges")
HOW_TO_READ: Final = (
    "Inside pen: blue, solid, from a disc. Outside pen: orange, dashed, from a square. Light first, dark last."
)
ENLARGE: Final = 3
MOST_NUMBERS: Final = 32  # more would hide the strokes; then every fifth stroke has one


def show(axes: Axes, picture: NDArray[np.uint8]) -> None:
    """Show a picture without ticks, of whatever size, in the pixels of the game's image."""
    axes.imshow(picture, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def draw_strokes(axes: Axes, start: Game, end: Game, line_width: float = 2.5, numbered: bool = False) -> None:
    """Draw the strokes between two states of a game over its faded image.

    Args:
        axes: to draw on.
        start: the game at its start.
        end: the game later.
        line_width: in points.
        numbered: whether to write every stroke's number beside its middle, the first being 1.
    """
    show(axes, (end.sample.image * 0.45 + 140).astype(np.uint8))
    for pen, name in enumerate(PEN_MAPS):
        lines = [((a[1], a[0]), (b[1], b[0])) for p, a, b in end.strokes if p == pen]
        when = [move for move, (p, _, _) in enumerate(end.strokes) if p == pen]
        shade = 0.45 + 0.55 * np.array(when) / max(len(end.strokes) - 1, 1)
        axes.add_collection(
            LineCollection(lines, colors=colormaps[name](shade), linewidths=line_width, linestyles=[PEN_STYLES[pen]])
        )
        row, column = start.heads[pen]
        colour = to_rgb(colormaps[name](0.9))
        axes.plot(column, row, PEN_MARKERS[pen], color=colour, markeredgecolor="white", markersize=2.4 * line_width)
    if numbered:
        every = 1 if len(end.strokes) <= MOST_NUMBERS else 5
        for move, (pen, a, b) in enumerate(end.strokes, start=1):
            if move == 1 or move % every == 0:
                _write_number(axes, move, pen, ((a[1] + b[1]) / 2, (a[0] + b[0]) / 2))


def _write_number(axes: Axes, move: int, pen: int, place: tuple[float, float]) -> None:
    box = {"boxstyle": ("circle", "square")[pen] + ",pad=0.15", "fc": "white", "ec": PEN_COLOURS[pen], "lw": 0.8}
    axes.text(*place, str(move), fontsize=6.5, ha="center", va="center", bbox=box)


def masked_picture(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Darken an (S, S, 3) uint8 image outside an (S, S) bool mask and outline the mask: (3 S, 3 S, 3) uint8."""
    picture = enlarge(np.where(mask[..., None], image, image // 3), ENLARGE)
    draw_outline(picture, mask, ENLARGE)
    return picture
