"""A contact sheet of episodes: image, strokes in order, mask, IoU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes

from cutout_rl.evaluation.episode import Episode
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import draw_strokes, masked_picture, show

ROW_HEIGHT: Final = 2.3  # inches


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
            show(image_axes, end.sample.image)
            image_axes.set_ylabel(end.sample.name, fontsize=8)
            draw_strokes(stroke_axes, episode.start, end)
            show(mask_axes, masked_picture(end.sample.image, end.mask))
            draw_iou(iou_axes, episode)


def draw_iou(axes: Axes, episode: Episode) -> None:
    """Draw an episode's IoU over its moves, with a ring at the best."""
    axes.plot(episode.iou, color="black")
    best = int(episode.iou.argmax())
    axes.plot(best, episode.iou[best], "o", markerfacecolor="white", markeredgecolor="black")
    axes.set(ylim=(0, 1), xlim=(0, max(len(episode.iou) - 1, 1)))
    axes.set_xlabel("moves", fontsize=8)
    axes.set_title(f"final {episode.iou[-1]:.2f}, best {episode.iou[best]:.2f}", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)
