"""One episode as a strip of pictures above its IoU."""

from collections.abc import Sequence
from pathlib import Path

from cutout_rl.evaluation.episode import Episode
from cutout_rl.utils.figure import INK, WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import draw_game


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
        curve.set(ylim=(-0.12, 1.1), xlim=(-0.5, 1.08 * len(episode.iou)), xlabel="move", ylabel="IoU")
        curve.grid(alpha=0.3)
        for column, move in enumerate(shown):
            axes = figure.add_subplot(grid[0, column])
            draw_game(axes, games[move])
            axes.set_title(f"move {move}" if move else "start")
            curve.plot(move, episode.iou[move], "o", color=INK, markersize=5)
            curve.annotate(
                f"{episode.iou[move]:.2f}", (move, episode.iou[move]), (6, -7), textcoords="offset points", va="center"
            )
