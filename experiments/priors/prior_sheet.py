"""A picture of an object prior while it learns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_MARKERS, draw_mask, show

_ROW: Final = 0.82  # inches


def save_prior_sheet(games: Sequence[Game], priors: Mapping[int, NDArray[np.uint8]], path: Path) -> None:
    """Draw a row per game: the image, its priors after so many gradient steps, and the ground truth.

    Args:
        games: at their start.
        priors: by gradient steps, (N, S, S) uint8 from 0 to 255, at the size of the images.
        path: of the SVG file.
    """
    headings = ["image", *(f"{steps:,} steps" for steps in priors), "ground truth"]
    with saved_figure(path, WIDTH, _ROW * len(games) + 0.3, dpi=160) as figure:
        grid = figure.subplots(len(games), len(headings), squeeze=False)
        for axes, heading in zip(grid[0], headings, strict=True):
            axes.set_title(heading, fontsize=7)
        for row, (cells, game) in enumerate(zip(grid, games, strict=True)):
            sample = game.sample
            show(cells[0], sample.image)
            for (y, x), marker, colour in zip(game.starts, PEN_MARKERS, PEN_COLOURS, strict=True):
                cells[0].plot(x, y, marker, color=colour, markersize=3)
            for axes, prior in zip(cells[1:-1], priors.values(), strict=True):
                show(axes, np.repeat(prior[row][..., None], 3, axis=2))
                iou = intersection_over_union(prior[row] > 127, sample.mask, sample.void)
                axes.set_xlabel(f"{iou:.2f}", fontsize=7)
            draw_mask(cells[-1], sample.image, sample.mask)
