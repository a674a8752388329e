"""Pictures of the episodes that end best and worst."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.curves import DPI
from cutout_rl.game.game import Game
from cutout_rl.game.rendering import draw_board
from cutout_rl.utils.figure import saved_figure

_COLUMNS: Final = 5
_FACTOR: Final = 2  # by which a game is enlarged
_TRUTH: Final = (255, 214, 0)  # colour of the true outline


def draw_episodes(games: Sequence[Game], title: str, path: Path) -> None:
    """Draw games at their end, five in a row, with their strokes, the mask's outline, the true one and the IoU."""
    rows = -(-len(games) // _COLUMNS)
    with saved_figure(path, 2.4 * _COLUMNS, 2.6 * rows + 0.6, DPI) as figure:
        grid = figure.subplots(rows, _COLUMNS, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, game in zip(grid.flat, games, strict=False):
            axes.imshow(_picture(game))
            axes.set_title(f"{game.sample.name}: {game.iou:.2f}", fontsize=8)
        figure.suptitle(title, fontsize=10)


def _picture(game: Game) -> NDArray[np.uint8]:
    picture = draw_board(game, _FACTOR)
    large = np.repeat(np.repeat(game.sample.mask.view(np.uint8), _FACTOR, axis=0), _FACTOR, axis=1)
    contours, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, _TRUTH, 1)
    return picture
