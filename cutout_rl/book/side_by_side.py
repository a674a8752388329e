"""The same images side by side, by several players or by one player at several times."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np

from cutout_rl.book.strokes import HOW_TO_READ, draw_strokes
from cutout_rl.episode import Episode
from cutout_rl.figure import saved_figure
from cutout_rl.insight import Picture

CELL: Final = 1.9  # inches
SHADES: Final = ("black", "#D55E00", "#0072B2", "#009E73")  # of Okabe and Ito, told apart by dashes too
DASHES: Final = ("-", "--", "-.", ":")


def draw_side_by_side(
    columns: Mapping[str, Sequence[Episode]], title: str, what: str, path: Path, n_images: int
) -> Picture:
    """Draw the first images in rows, with every column's strokes and the outline of the mask they led to.

    Args:
        columns: by heading, the episodes of one player on the same images in the same order.
        title: of the picture.
        what: a sentence that says what the columns are.
        path: of the PNG file.
        n_images: rows.
    """
    n_rows = min(n_images, *(len(episodes) for episodes in columns.values()))
    with saved_figure(path, CELL * len(columns) + 0.4, (CELL + 0.22) * n_rows + 0.7, dpi=90) as figure:
        grid = figure.subplots(n_rows, len(columns), squeeze=False)
        for column, (heading, episodes) in zip(grid.T, columns.items(), strict=True):
            for axes, episode in zip(column, episodes[:n_rows], strict=True):
                end = episode.end()
                draw_strokes(axes, episode.start, end, line_width=1.8)
                axes.contour(end.mask, [0.5], colors="black", linewidths=0.9)
                axes.set_title(f"IoU {episode.iou[-1]:.2f}", fontsize=8)
            column[0].set_title(f"{heading}\n{column[0].get_title()}", fontsize=8)
        for axes, episode in zip(grid[:, 0], next(iter(columns.values())), strict=False):
            axes.set_ylabel(episode.start.sample.name, fontsize=7)
    return Picture(path, title, f"{what} {HOW_TO_READ} The thin black line is the outline of the final mask.")


def draw_mean_iou(players: Mapping[str, Sequence[Episode]], title: str, path: Path) -> Picture:
    """Draw every player's mean IoU over the moves, with a band of one standard error where there are several images."""
    n_images = len(next(iter(players.values())))
    with saved_figure(path, 7, 3.8, dpi=90) as figure:
        axes = figure.subplots()
        for (label, episodes), colour, dashes in zip(players.items(), cycle(SHADES), cycle(DASHES)):
            length = max(episode.start.rules.step_count for episode in episodes) + 1
            iou = np.array([np.pad(episode.iou, (0, length - len(episode.iou)), "edge") for episode in episodes])
            mean = iou.mean(axis=0)
            axes.plot(mean, color=colour, linestyle=dashes, label=f"{label}: {mean[-1]:.2f}")
            if n_images > 1:
                error = iou.std(axis=0, ddof=1) / np.sqrt(n_images)
                axes.fill_between(range(length), mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
        axes.set(xlabel="moves", ylabel=f"IoU, mean over {n_images} images", ylim=(0, 1), xlim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return Picture(path, title, "Bands: one standard error over the images. A player that leaves keeps its IoU.")
