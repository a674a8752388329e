"""Stroke statistics over aligned objects: heat maps of both pens, and the first strokes."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.projections.polar import PolarAxes
from numpy.typing import NDArray

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.players.explanation import Picture
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization import compass
from cutout_rl.visualization.alignment import GRID, REACH, align
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_MARKERS, PEN_NAMES, PEN_STYLES

CELL: Final = 4  # cells of the alignment's grid along a side of a cell of the heat map
HALF: Final = 0.5  # of a cell of the alignment's grid must be drawn on
LEAST_SEEN: Final = 0.25  # share of the images that must reach a place for it to be drawn
HOW_TO_READ: Final = (
    "All images are aligned by the bounding box of the ground truth, 0 to 1 on both axes. Grey: mean image, contrast"
    " stretched. Line: median outline. Blank: beyond the border of most images."
)


def draw_heat_maps(episodes: Sequence[Episode], path: Path) -> Picture:
    """Draw the share of the images in which each pen drew on a cell, over aligned objects."""
    ends = [episode.end() for episode in episodes]
    mean_object, outline = _mean_object(ends)
    shares = [100 * _mean([_crossed(end, label) for end in ends]) for label in (LABELLED_INSIDE, LABELLED_OUTSIDE)]
    most = max(float(np.nanmax(share)) for share in shares)
    with saved_figure(path, WIDTH, 2.9) as figure:
        grid = figure.subplots(1, 3, sharey=True)
        _show_mean(grid[0], mean_object, outline)
        grid[0].set_title("mean image")
        grid[0].set_ylabel("object heights")
        for axes, share, name in zip(grid[1:], shares, PEN_NAMES, strict=True):
            heat = axes.imshow(share, extent=_extent(), cmap="cividis", vmin=0, vmax=most)
            _draw_outline(axes, outline, "white")
            axes.set_title(name)
        figure.colorbar(heat, ax=grid, location="bottom", shrink=0.7, label="images with a stroke here (%)")
    return Picture(
        path, "Heat maps of the pens", f"Share of {len(ends)} images in which each pen's strokes cover a cell."
    )


def _crossed(game: Game, label: int) -> NDArray[np.float32]:
    drawn = align(game.sample.mask).warp(game.labels == label)
    cells = drawn.reshape(GRID // CELL, CELL, GRID // CELL, CELL).swapaxes(1, 2).reshape(GRID // CELL, GRID // CELL, -1)
    seen = np.isfinite(cells).any(axis=-1)
    return np.where(seen, np.nan_to_num(cells).max(axis=-1) > HALF, np.nan).astype(np.float32)


def draw_first_strokes(episodes: Sequence[Episode], path: Path) -> Picture:
    """Draw the first stroke of every episode that has one, over aligned objects, and the shares of the directions."""
    begun = [episode for episode in episodes if episode.actions]
    mean_object, outline = _mean_object([episode.start for episode in episodes])
    first = np.bincount([episode.actions[0] for episode in begun], minlength=N_MOVES)[:N_MOVES] / max(len(begun), 1)
    with saved_figure(path, WIDTH, 2.5) as figure:
        grid = figure.add_gridspec(1, 3, width_ratios=(1.5, 1, 1))
        axes = figure.add_subplot(grid[0])
        _show_mean(axes, mean_object, outline)
        axes.set_ylabel("object heights")
        for episode in begun:
            pen = episode.actions[0] // N_DIRECTIONS
            after = next(game for game in episode.replay() if game.strokes)
            _, a, b = after.strokes[0]
            (y, x) = align(after.sample.mask).place([a, b]).T
            axes.plot(x, y, color=PEN_COLOURS[pen], linestyle=PEN_STYLES[pen], linewidth=1.2, alpha=0.8)
            axes.plot(x[0], y[0], PEN_MARKERS[pen], color=PEN_COLOURS[pen], markeredgecolor="black", markersize=3)
        for pen in (0, 1):
            polar = cast(PolarAxes, figure.add_subplot(grid[1 + pen], projection="polar"))
            compass.draw_compass(polar, pen, first.reshape(2, N_DIRECTIONS)[pen])
    return Picture(
        path,
        "First strokes",
        f"The first strokes on {len(begun)} images, from a disc (inside pen) or a square (outside pen) at the start"
        f" point. Right: the shares of the directions. {compass.HOW_TO_READ}",
    )


def _mean_object(games: Sequence[Game]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    samples = [game.sample for game in games]
    image = _mean([align(sample.mask).warp(sample.image) for sample in samples])
    return image, _mean([align(sample.mask).warp(sample.mask) for sample in samples])


def _mean(warped: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    stack = np.stack(warped)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of a place beyond all images is NaN
        mean: NDArray[np.float32] = np.nanmean(stack, axis=0)
    mean[np.isfinite(stack).mean(axis=0) < LEAST_SEEN] = np.nan
    return mean


def _extent() -> tuple[float, float, float, float]:
    return (-REACH, 1 + REACH, 1 + REACH, -REACH)


def _show_mean(axes: Axes, mean_object: NDArray[np.float32], outline: NDArray[np.float32]) -> None:
    axes.imshow(mean_object.mean(axis=-1), extent=_extent(), cmap="gray")
    _draw_outline(axes, outline, "black")


def _draw_outline(axes: Axes, outline: NDArray[np.float32], colour: str) -> None:
    axes.contour(np.nan_to_num(outline), [0.5], extent=_extent(), origin="upper", colors=colour, linewidths=1.2)
    axes.set_xlabel("object widths")
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
