"""A picture of what the network takes: the surroundings of both pens."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.pen_views import CROP, N_CHANNELS, SCALES, VIEW_SIZE, Look
from cutout_rl.book.strokes import PEN_COLOURS, PEN_NAMES, show
from cutout_rl.figure import saved_figure
from cutout_rl.insight import Moment, Picture
from cutout_rl.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.render import draw_board

_DASHES: Final = ("-", "--", ":")


def draw_field_of_view(look: Look, moment: Moment, path: Path) -> Picture:
    """Draw the crops of pen views, fine to coarse: the image with the scribbles, and the object's map if there is one."""
    views = look(moment.observation[None])[0]
    n_channels = views.shape[-1] // len(SCALES)
    has_map = n_channels > N_CHANNELS
    columns = 1 + len(SCALES) * (1 + has_map)
    with saved_figure(path, 1.75 * columns, 4.1, dpi=80) as figure:
        for pen, row in enumerate(figure.subplots(2, columns)):
            show(row[0], draw_board(moment.game, 2))
            row[0].set_ylabel(PEN_NAMES[pen], fontsize=9)
            row[0].set_title("the game, and what is seen", fontsize=7)
            pixel = 2 * moment.game.rules.image_size / VIEW_SIZE
            head_row, head_column = (2 * place for place in moment.game.heads[pen])
            for number, scale in enumerate(SCALES):
                crop = views[pen, :, :, number * n_channels : (number + 1) * n_channels]
                side = CROP * scale * pixel
                corner = (head_column - side / 2, head_row - side / 2)
                for colour, width in (("white", 2.5), ("black", 1.2)):
                    row[0].plot(
                        *_square(corner, side), color=colour, linewidth=width, linestyle=_DASHES[number], clip_on=True
                    )
                show(row[1 + number], _paint(crop, pen))
                row[1 + number].set_title(f"{side / 2:.0f} px of the image a side", fontsize=7)
                if has_map:
                    axes = row[1 + len(SCALES) + number]
                    axes.imshow(crop[..., N_CHANNELS], cmap="gray", vmin=0, vmax=255)
                    axes.set_xticks([])
                    axes.set_yticks([])
                    axes.set_title("its map of the object", fontsize=7)
            for spine in row[0].spines.values():
                spine.set_edgecolor(PEN_COLOURS[pen])
    return Picture(
        path,
        "What the network looks at",
        "The surroundings of each pen at three scales, with both scribbles."
        + (" White in the map: where the network is sure of the object." if has_map else ""),
    )


def _square(corner: tuple[float, float], side: float) -> tuple[list[float], list[float]]:
    x, y = corner
    return [x, x + side, x + side, x, x], [y, y, y + side, y + side, y]


def _paint(crop: NDArray[np.uint8], pen: int) -> NDArray[np.uint8]:
    picture = crop[..., :3].copy()
    own, other = (INSIDE_COLOUR, OUTSIDE_COLOUR) if pen == 0 else (OUTSIDE_COLOUR, INSIDE_COLOUR)
    picture[crop[..., 3] > 0] = own
    picture[crop[..., 4] > 0] = other
    return picture
