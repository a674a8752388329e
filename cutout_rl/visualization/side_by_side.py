"""The same images side by side, by several players or by one player at successive checkpoints."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.episode import Episode
from cutout_rl.players.explanation import Picture
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import draw_strokes

COLOURS: Final = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")  # of Okabe and Ito; on white and on black
DASHES: Final = ("-", "--", "-.", ":")


def draw_side_by_side(
    players: Mapping[str, Sequence[Episode]], title: str, caption: str, path: Path, most: int
) -> Picture:
    """Draw the first images in a grid with every player's strokes and the outline of its final mask.

    Args:
        players: by label, the episodes of each on the same images in the same order.
        title: of the picture.
        caption: of the picture.
        path: of the file.
        most: images at most.
    """
    n_images = min(most, *(len(episodes) for episodes in players.values()))
    is_tall = n_images > len(players)
    height, width = (len(players), n_images) if is_tall else (n_images, len(players))
    with saved_figure(path, WIDTH, (WIDTH / width + 0.2) * height + 0.2) as figure:
        grid = figure.subplots(height, width, squeeze=False)
        for line, (label, episodes) in zip(grid if is_tall else grid.T, players.items(), strict=True):
            for axes, episode in zip(line, episodes[:n_images], strict=True):
                end = episode.end()
                draw_strokes(axes, episode.start, end)
                axes.contour(end.mask, [0.5], colors="black", linewidths=0.9)
                axes.set_title(f"IoU {episode.iou[-1]:.2f}")
            if is_tall:
                line[0].set_ylabel(label)
            else:
                line[0].set_title(f"{label}\n{line[0].get_title()}")
    return Picture(path, title, caption)


def draw_mean_iou(players: Mapping[str, Sequence[Episode]], path: Path) -> Picture:
    """Draw every player's mean IoU over the moves, and its difference from the first player's.

    Args:
        players: by label, the episodes of each on the same images in the same order.
        path: of the file.
    """
    length = 1 + max(episode.start.rules.step_count for episodes in players.values() for episode in episodes)
    curves = {label: _pad(episodes, length) for label, episodes in players.items()}
    reference = next(iter(curves))
    n_images = len(curves[reference])
    with saved_figure(path, WIDTH, 4.2) as figure:
        means, differences = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for (label, iou), colour, dashes in zip(curves.items(), cycle(COLOURS), cycle(DASHES)):
            # The first line is broad and pale, so that another one on top of it leaves both visible.
            width, alpha = (5, 0.6) if label == reference else (1.6, 1)
            means.plot(
                iou.mean(axis=0), dashes, color=colour, lw=width, alpha=alpha, label=f"{label}: {iou[:, -1].mean():.3f}"
            )
            difference = iou - curves[reference]
            mean = difference.mean(axis=0)
            differences.plot(mean, dashes, color=colour, lw=width, alpha=alpha)
            if n_images > 1 and label != reference:
                error = difference.std(axis=0, ddof=1) / np.sqrt(n_images)
                differences.fill_between(
                    range(length), mean - error, mean + error, color=colour, alpha=0.25, linewidth=0
                )
        means.set(ylabel="mean IoU", ylim=(0, 1))
        means.legend(title="final IoU", loc="lower right")
        differences.set(xlabel="moves", ylabel=f"difference from\n{reference}", xlim=(0, None))
        for axes in (means, differences):
            axes.grid(alpha=0.3)
    return Picture(
        path,
        "Mean IoU over the moves",
        f"Mean over {n_images} images. Below: the mean of the differences on each image, with a band of one standard"
        " error. A player that has stopped keeps its IoU.",
    )


def _pad(episodes: Sequence[Episode], length: int) -> NDArray[np.float64]:
    return np.array([np.pad(episode.iou, (0, length - len(episode.iou)), "edge") for episode in episodes])
