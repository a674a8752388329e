"""A contact sheet of episodes: image, strokes in order, final mask, IoU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes

from cutout_rl.evaluation.episode import Episode
from cutout_rl.utils.figure import INK, WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import draw_mask, draw_strokes, show

ROW_HEIGHT: Final = 1.4  # inches
HEADINGS: Final = ("image", "strokes", "final mask")


def save_contact_sheet(episodes: Sequence[Episode], path: Path, title: str | None = None) -> None:
    """Draw a row per episode."""
    with saved_figure(path, WIDTH, ROW_HEIGHT * len(episodes) + (0.5 if title else 0.2), dpi=160) as figure:
        if title:
            figure.suptitle(title)
        grid = figure.subplots(len(episodes), 4, squeeze=False)
        for axes, heading in zip(grid[0], HEADINGS, strict=False):
            axes.set_title(heading)
        for (image_axes, stroke_axes, mask_axes, iou_axes), episode in zip(grid, episodes, strict=True):
            end = episode.end()
            show(image_axes, end.sample.image)
            image_axes.set_ylabel(end.sample.name, fontsize=8)
            draw_strokes(stroke_axes, episode.start, end)
            draw_mask(mask_axes, end.sample.image, end.mask)
            draw_iou(iou_axes, episode)
            iou_axes.set_box_aspect(0.75)
            iou_axes.set_title(f"final {episode.iou[-1]:.2f}", fontsize=8)
        for axes in grid[:-1, -1]:
            axes.set_xlabel("")


def draw_iou(axes: Axes, episode: Episode) -> None:
    """Draw an episode's IoU over its moves, with a ring at the best."""
    axes.plot(episode.iou, color=INK)
    best = int(episode.iou.argmax())
    axes.plot(best, episode.iou[best], "o", markerfacecolor="white", markeredgecolor="black", markersize=5)
    axes.set(ylim=(0, 1.05), xlim=(0, max(len(episode.iou) - 1, 1)), xlabel="moves", ylabel="IoU")
    axes.grid(alpha=0.3)
