"""The figure of the assistance study: the share of images that reach the target against the user's strokes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cutout_rl.experiments.assistance.stroke_counts import Case, Counts
from cutout_rl.experiments.curves import DPI, draw_curve, mean_curve
from cutout_rl.utils.figure import saved_figure


def draw_shares(counts: Mapping[Case, Counts], target: float, max_strokes: int, path: Path) -> None:
    """Draw a row of panels for each set of images, a panel for each user, and a curve for each kind of help."""
    sets, users, offered = (list(dict.fromkeys(case[part] for case in counts)) for part in range(3))
    strokes = np.arange(max_strokes + 1)
    with saved_figure(path, 1 + 4.4 * len(users), 1 + 2.8 * len(sets), DPI) as figure:
        grid = figure.subplots(len(sets), len(users), sharex=True, sharey=True, squeeze=False)
        for images, row in zip(sets, grid, strict=True):
            for user, axes in zip(users, row, strict=True):
                for i, name in enumerate(offered):
                    taken, missed = counts[Case(images, user, name)]
                    reached = np.where(missed, max_strokes + 1, taken)[:, None] <= strokes
                    draw_curve(axes, strokes, *mean_curve(reached.astype(np.float64)), name, i)
                axes.set(title=f"{images}, {user}", ylim=(0, 1.02))
                axes.grid(alpha=0.3)
                axes.xaxis.get_major_locator().set_params(integer=True)
            row[0].set_ylabel(f"share of images with IoU {target:g}")
        for axes in grid[-1]:
            axes.set_xlabel("strokes of the user")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(offered))
