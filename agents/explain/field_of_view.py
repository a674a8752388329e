"""A figure of the network's inputs: the egocentric crops around both pens."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from cutout_rl.agents.networks.egocentric_crops import CROP, N_MARKS, REFERENCE_SIZE, SCALES, Preprocess
from cutout_rl.game.game import Point
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.players.explanation import Moment, Picture
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import PEN_NAMES, draw_game

_COLOURS: Final = 3
_DASHES: Final = ("-", "--", ":")


def draw_field_of_view(preprocess: Preprocess, moment: Moment, path: Path) -> Picture:
    """Draw the crops around both pens, fine to coarse: scribbles on image or object prior, dimmed outside the mask."""
    crops = preprocess(moment.observation[None])[0]
    n_channels = crops.shape[-1] // len(SCALES)
    n_pictures = n_channels - N_MARKS
    columns = 1 + len(SCALES)
    size = moment.game.rules.image_size
    with saved_figure(path, WIDTH, 3.2) as figure:
        grid = figure.subplots(2, columns, width_ratios=(1.3, *[1] * (columns - 1)))
        for pen, row in enumerate(grid):
            draw_game(row[0], moment.game)
            row[0].set(xlim=(-0.4 * size, 1.4 * size), ylim=(1.4 * size, -0.4 * size), ylabel=PEN_NAMES[pen])
            for number, scale in enumerate(SCALES):
                crop = crops[pen, :, :, number * n_channels : (number + 1) * n_channels]
                side = CROP * scale * size / REFERENCE_SIZE
                _draw_square(row[0], moment.game.heads[pen], side, _DASHES[number])
                row[1 + number].imshow(_paint(crop, pen))
                row[1 + number].set_title(f"{side:.0f} x {side:.0f} px", fontsize=8)
            for axes in row:
                axes.set_xticks([])
                axes.set_yticks([])
        grid[0, 0].set_title("crops", fontsize=8)
    return Picture(
        path,
        "Field of view",
        "Inputs of the network: crops around each pen's head at three scales, with both scribbles."
        + (" Grey: object prior, white where it is 1." if n_pictures < _COLOURS else "")
        + (" Dimmed: outside the current mask." if n_pictures % 2 == 0 else ""),
    )


def _draw_square(axes: Axes, centre: Point, side: float, dashes: str) -> None:
    top, left = centre[0] - side / 2, centre[1] - side / 2
    for colour, width in (("white", 2.5), ("black", 1.2)):  # visible on light and on dark
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
