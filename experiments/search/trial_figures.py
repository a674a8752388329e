"""The figure of the search: IoU against each flag, and the progress of the search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.ticker import MaxNLocator

from cutout_rl.experiments.curves import COLOURS, DPI
from cutout_rl.experiments.search.search_space import Choice, Space
from cutout_rl.experiments.search.trial_records import Trial
from cutout_rl.utils.figure import saved_figure

COLUMNS: Final = 3


def draw_trials(trials: Sequence[Trial], space: Space, path: Path) -> None:
    """Draw the IoU of all trials against each flag, and in the order of their ends with the best so far.

    Pruned trials are open circles.
    """
    ious = np.array([trial.iou for trial in trials])
    faces = [COLOURS[0] if trial.state == "done" else "white" for trial in trials]
    rows = -(-(len(space) + 1) // COLUMNS)
    with saved_figure(path, 3.6 * COLUMNS, 0.4 + 2.8 * rows, DPI) as figure:
        grid = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
        for axes, (name, of) in zip(grid, space.items(), strict=False):
            values = [trial.point[name] for trial in trials]
            if isinstance(of, Choice):
                axes.set_xticks(range(len(of.values)), of.values)
                axes.set_xlim(-0.5, len(of.values) - 0.5)
                values = [of.values.index(str(value)) for value in values]
            elif of.log:
                axes.set_xscale("log")
                axes.set_xlim(of.low, of.high)
            elif of.is_integer:
                axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.scatter(values, ious, c=faces, edgecolors=COLOURS[0], s=24)
            axes.set_xlabel(f"--{name}")
        order = grid[len(space)]
        numbers = np.arange(1, len(trials) + 1)
        order.scatter(numbers, ious, c=faces, edgecolors=COLOURS[0], s=24)
        order.step(numbers, np.maximum.accumulate(ious), where="post", color=COLOURS[1], label="best so far")
        order.set_xlabel("trial, in the order of their ends")
        order.xaxis.set_major_locator(MaxNLocator(integer=True))
        order.legend(fontsize=8)
        for axes in grid[len(space) + 1 :]:
            axes.remove()
        for axes in grid[: len(space) + 1]:
            axes.grid(alpha=0.3)
        for axes in grid[::COLUMNS]:
            axes.set_ylabel("best IoU, validation split")
        figure.supxlabel("filled: trained to the end; open: pruned", fontsize=9)
