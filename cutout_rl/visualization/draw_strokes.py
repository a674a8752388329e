"""A game's strokes and masks, drawn onto axes."""

from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR

PEN_NAMES: Final = ("inside pen", "outside pen")
PEN_COLOURS: Final = tuple(tuple(part / 255 for part in colour) for colour in (INSIDE_COLOUR, OUTSIDE_COLOUR))
# Distinct without colour too: the outside pen draws dashes and starts from a square.
PEN_STYLES: Final = ("solid", (0, (1.4, 0.7)))
PEN_MARKERS: Final = ("o", "s")
# From light (first) to dark (last), so that the order shows in grey too.
PEN_MAPS: Final = ("Blues", "Oranges")
HOW_TO_READ: Final = (
    "Inside pen: blue, solid, starts at a disc. Outside pen: orange, dashed, starts at a square. Early strokes are"
    " light, late ones dark."
)
MOST_NUMBERS: Final = 32  # with more strokes, only every fifth has its number


def show(axes: Axes, picture: NDArray[np.uint8]) -> None:
    """Show an (H, W, 3) uint8 picture without ticks."""
    axes.imshow(picture)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_strokes(axes: Axes, start: Game, end: Game, line_width: float = 1.8, numbered: bool = False) -> None:
    """Draw the strokes between two states of a game over its faded image.

    Args:
        axes: to draw on.
        start: the game at its start.
        end: the game later.
        line_width: in points.
        numbered: whether to write each stroke's number, from 1, at its middle.
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
    box = {"boxstyle": ("circle", "square")[pen] + ",pad=0.12", "fc": "white", "ec": PEN_COLOURS[pen], "lw": 0.8}
    axes.text(*place, str(move), fontsize=6.5, color="black", ha="center", va="center", bbox=box)


def draw_mask(axes: Axes, image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    """Show an (S, S, 3) uint8 image, darkened outside an (S, S) bool mask, with the mask's outline in white."""
    show(axes, np.where(mask[..., None], image, image // 3))
    axes.contour(mask, [0.5], colors="white", linewidths=1)


def draw_game(axes: Axes, game: Game) -> None:
    """Draw a game's mask over its image, its strokes, and its pens' heads."""
    draw_mask(axes, game.sample.image, game.mask)
    for pen, a, b in game.strokes:
        axes.plot((a[1], b[1]), (a[0], b[0]), color=PEN_COLOURS[pen], linestyle=PEN_STYLES[pen], linewidth=2)
    draw_heads(axes, game)


def draw_heads(axes: Axes, game: Game) -> None:
    """Draw a disc at the inside pen's head and a square at the outside pen's."""
    for (row, column), marker, colour in zip(game.heads, PEN_MARKERS, PEN_COLOURS, strict=True):
        axes.plot(column, row, marker, color=colour, markeredgecolor="white", markersize=4.5)
