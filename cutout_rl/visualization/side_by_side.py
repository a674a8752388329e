"""The same images side by side, by several players or by one player at several times."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np

from cutout_rl.evaluation.episode import Episode
from cutout_rl.players.explanation import Picture
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import HOW_TO_READ, draw_strokes

CELL: Final = 1.9  # inches
SHADES: Final = ("black", "#D55E00", "#0072B2", "#009E73")  # of Okabe and Ito, told apart by dashes too
DASHES: Final = ("-", "--", "-.", ":")


def draw_side_by_side(
    players: Mapping[str, Sequence[Episode]], title: str, what: str, path: Path, most: int
) -> Picture:
    """Draw the first images in a grid with every player's strokes and the outline of the mask they led to.

    Args:
        players: by label, the episodes of each on the same images in the same order.
        title: of the picture.
        what: a sentence that says who the players are.
        path: of the PNG file.
        most: images at most.
    """
    n_images = min(most, *(len(episodes) for episodes in players.values()))
    is_tall = n_images > len(players)
    height, width = (len(players), n_images) if is_tall else (n_images, len(players))
    with saved_figure(path, CELL * width + 0.4, (CELL + 0.3) * height + 0.3, dpi=90) as figure:
        grid = figure.subplots(height, width, squeeze=False)
        for line, (label, episodes) in zip(grid if is_tall else grid.T, players.items(), strict=True):
            for axes, episode in zip(line, episodes[:n_images], strict=True):
                end = episode.end()
                draw_strokes(axes, episode.start, end, line_width=1.8)
                axes.contour(end.mask, [0.5], colors="black", linewidths=0.9)
                axes.set_title(f"IoU {episode.iou[-1]:.2f}", fontsize=8)
            if is_tall:
                line[0].set_ylabel(label, fontsize=8)
            else:
                line[0].set_title(f"{label}\n{line[0].get_title()}", fontsize=8)
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
