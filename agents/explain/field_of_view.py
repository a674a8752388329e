"""A picture of what the network takes: the surroundings of both pens."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from cutout_rl.agents.networks.egocentric_crops import CROP, N_MARKS, SCALES, VIEW_SIZE, Preprocess
from cutout_rl.game.game import Point
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.game.rendering import draw_board
from cutout_rl.players.explanation import Moment, Picture
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import PEN_NAMES

_COLOURS: Final = 3
_DASHES: Final = ("-", "--", ":")


def draw_field_of_view(preprocess: Preprocess, moment: Moment, path: Path) -> Picture:
    """Draw the crops of pen views, fine to coarse: scribbles on the image or the object's map, dim outside the mask."""
    views = preprocess(moment.observation[None])[0]
    n_channels = views.shape[-1] // len(SCALES)
    n_pictures = n_channels - N_MARKS
    columns = 1 + len(SCALES)
    size = moment.game.rules.image_size
    with saved_figure(path, 1.75 * columns + 0.5, 4.1, dpi=80) as figure:
        grid = figure.subplots(2, columns, width_ratios=(1.3, *[1] * (columns - 1)))
        for pen, row in enumerate(grid):
            row[0].imshow(draw_board(moment.game, 2), extent=(-0.5, size - 0.5, size - 0.5, -0.5))
            row[0].set(xlim=(-0.4 * size, 1.4 * size), ylim=(1.4 * size, -0.4 * size), ylabel=PEN_NAMES[pen])
            row[0].set_title("what the squares hold", fontsize=7)
            for number, scale in enumerate(SCALES):
                crop = views[pen, :, :, number * n_channels : (number + 1) * n_channels]
                side = CROP * scale * size / VIEW_SIZE
                _draw_square(row[0], moment.game.heads[pen], side, _DASHES[number])
                row[1 + number].imshow(_paint(crop, pen))
                row[1 + number].set_title(f"{side:.0f} px of the image a side", fontsize=7)
            for axes in row:
                axes.set_xticks([])
                axes.set_yticks([])
    return Picture(
        path,
        "What the network looks at",
        "The surroundings of each pen at three scales, with both scribbles."
        + (" Grey is its map of the object: white where it is sure." if n_pictures < _COLOURS else "")
        + (" Dimmed is what the newest mask leaves out." if n_pictures % 2 == 0 else ""),
    )


def _draw_square(axes: Axes, centre: Point, side: float, dashes: str) -> None:
    top, left = centre[0] - side / 2, centre[1] - side / 2
    for colour, width in (("white", 2.5), ("black", 1.2)):  # seen on light and on dark
        axes.add_patch(Rectangle((left, top), side, side, fill=False, color=colour, linewidth=width, linestyle=dashes))


def _paint(crop: NDArray[np.uint8], pen: int) -> NDArray[np.uint8]:
    pictures, scribbles = crop[..., :-N_MARKS], crop[..., -N_MARKS:-1]
    has_mask = pictures.shape[-1] % 2 == 0
    colours = pictures[..., :-1] if has_mask else pictures
    picture: NDArray[np.uint8] = np.broadcast_to(colours, (*crop.shape[:2], _COLOURS)).copy()
    if has_mask:
        picture[pictures[..., -1] < 128] //= 2
    own, other = (INSIDE_COLOUR, OUTSIDE_COLOUR) if pen == 0 else (OUTSIDE_COLOUR, INSIDE_COLOUR)
    picture[scribbles[..., 0] > 0] = own
    picture[scribbles[..., 1] > 0] = other
    return picture
