"""The figure of the agent's estimates: the true IoU against the estimated one."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cutout_rl.experiments.assistance.finishing import FinishRow, groups_by_estimate
from cutout_rl.experiments.curves import COLOURS, DPI, MARKERS, mean_interval
from cutout_rl.utils.figure import saved_figure


def draw_reliability(rows: Sequence[FinishRow], path: Path) -> None:
    """Draw each mask as a dot, and the means of groups of equal number with their 95 % intervals, by set of images."""
    with saved_figure(path, 4.6, 4.4, DPI) as figure:
        axes = figure.subplots()
        axes.plot((0, 1), (0, 1), color="0.7", linewidth=1, label="a perfect estimate")
        for i, images in enumerate(dict.fromkeys(row.images for row in rows)):
            of_set = (row for row in rows if row.images == images)
            chosen = [(row.estimate, row.after) for row in of_set if not math.isnan(row.estimate)]
            if not chosen:
                continue
            estimates, ious = np.array(chosen).T
            colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
            axes.scatter(estimates, ious, s=6, color=colour, alpha=0.25, linewidths=0)
            for group in groups_by_estimate(estimates):
                low, high = mean_interval(ious[group]) or (ious[group][0], ious[group][0])
                mean = ious[group].mean()
                axes.errorbar(
                    estimates[group].mean(), mean, [[mean - low], [high - mean]], color=colour, marker=marker, capsize=2
                )
            axes.plot([], [], color=colour, marker=marker, linestyle="none", label=images)
        axes.set(xlabel="IoU as the agent estimates it", ylabel="IoU", xlim=(0.4, 1), ylim=(0.4, 1), aspect="equal")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left", fontsize="small")
