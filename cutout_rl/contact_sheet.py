"""A contact sheet of episodes: image, strokes in order, mask, IoU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from cutout_rl.episode import Episode
from cutout_rl.figure import saved_figure
from cutout_rl.game.game import Game
from cutout_rl.render import draw_outline, enlarge

ROW_HEIGHT: Final = 2.3  # inches
ENLARGE: Final = 3
# From light (first) to dark (last), so that time shows in grey too; blue and orange as in the observation.
PEN_MAPS: Final = ("Blues", "Oranges")


def save_contact_sheet(episodes: Sequence[Episode], path: Path, title: str) -> None:
    """Draw a row per episode into a PNG file."""
    width, height = 4 * ROW_HEIGHT + 1.2, ROW_HEIGHT * len(episodes) + 0.8
    with saved_figure(path, width, height, dpi=110) as figure:
        figure.suptitle(title)
        grid = figure.subplots(len(episodes), 4, squeeze=False)
        for axes, heading in zip(
            grid[0], ("image", "strokes: light first, dark last", "mask at the end", "IoU over the moves"), strict=True
        ):
            axes.set_title(heading, fontsize=9)
        for (image_axes, stroke_axes, mask_axes, iou_axes), episode in zip(grid, episodes, strict=True):
            end = episode.end()
            image = end.sample.image
            _show(image_axes, image)
            image_axes.set_ylabel(end.sample.name, fontsize=8)
            _show(stroke_axes, (image * 0.45 + 140).astype(np.uint8))
            _draw_strokes(stroke_axes, episode.start, end)
            masked = enlarge(np.where(end.mask[..., None], image, image // 3), ENLARGE)
            draw_outline(masked, end.mask, ENLARGE)
            _show(mask_axes, masked)
            _draw_iou(iou_axes, episode)


def _show(axes: Axes, picture: np.ndarray) -> None:
    axes.imshow(picture, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_strokes(axes: Axes, start: Game, end: Game) -> None:
    for pen, name in enumerate(PEN_MAPS):
        lines = [((a[1], a[0]), (b[1], b[0])) for p, a, b in end.strokes if p == pen]
        when = [move for move, (p, _, _) in enumerate(end.strokes) if p == pen]
        shade = 0.35 + 0.65 * np.array(when) / max(len(end.strokes) - 1, 1)
        axes.add_collection(LineCollection(lines, colors=colormaps[name](shade), linewidths=2.5, capstyle="round"))
        row, column = start.heads[pen]
        axes.plot(column, row, "o", color=to_rgb(colormaps[name](0.9)), markeredgecolor="white", markersize=6)


def _draw_iou(axes: Axes, episode: Episode) -> None:
    axes.plot(episode.iou, color="black")
    best = int(episode.iou.argmax())
    axes.plot(best, episode.iou[best], "o", markerfacecolor="white", markeredgecolor="black")
    axes.set(ylim=(0, 1), xlim=(0, max(len(episode.iou) - 1, 1)))
    axes.set_xlabel("moves", fontsize=8)
    axes.set_title(f"final {episode.iou[-1]:.2f}, best {episode.iou[best]:.2f}", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)
