"""One episode as a strip of pictures above its IoU."""

from collections.abc import Sequence
from pathlib import Path

from cutout_rl.evaluation.episode import Episode
from cutout_rl.utils.figure import INK, WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_MARKERS, PEN_STYLES, draw_mask


def save_filmstrip(episode: Episode, shown: Sequence[int], path: Path) -> None:
    """Draw the strokes and the mask after some of the moves, above the IoU after each move.

    Args:
        episode: to draw.
        shown: the numbers of the moves, from 0 for the start.
        path: of the file.
    """
    games = [game.copy() for game in episode.replay()]
    with saved_figure(path, WIDTH, 3) as figure:
        grid = figure.add_gridspec(2, len(shown), height_ratios=(1, 1.25))
        curve = figure.add_subplot(grid[1, :])
        curve.plot(episode.iou, color=INK)
        curve.set(ylim=(-0.05, 1.1), xlim=(-0.5, 1.08 * len(episode.iou)), xlabel="move", ylabel="IoU")
        curve.grid(alpha=0.3)
        for column, move in enumerate(shown):
            game = games[move]
            axes = figure.add_subplot(grid[0, column])
            draw_mask(axes, game.sample.image, game.mask)
            for pen, a, b in game.strokes:
                axes.plot((a[1], b[1]), (a[0], b[0]), color=PEN_COLOURS[pen], linestyle=PEN_STYLES[pen], linewidth=2.2)
            for (row, column_of_head), marker, colour in zip(game.heads, PEN_MARKERS, PEN_COLOURS, strict=True):
                axes.plot(column_of_head, row, marker, color=colour, markeredgecolor="white", markersize=5)
            axes.set_title(f"move {move}" if move else "start")
            curve.plot(move, episode.iou[move], "o", color=INK, markersize=5)
            curve.annotate(
                f"{episode.iou[move]:.2f}", (move, episode.iou[move]), (7, -3), textcoords="offset points", va="center"
            )
