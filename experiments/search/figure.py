"""The figure: what each flag did, and how the search went."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.ticker import MaxNLocator

from cutout_rl.experiments.search.space import Choice, Space
from cutout_rl.experiments.search.trials import Trial
from cutout_rl.utils.figure import saved_figure

COLUMNS: Final = 3
COLOUR: Final = "#0072B2"


def draw_trials(trials: Sequence[Trial], space: Space, path: Path) -> None:
    """Draw the IoU of all trials over each flag, and in the order in which they ended with the best so far.

    Trials that were given up early are hollow.
    """
    ious = np.array([trial.iou for trial in trials])
    faces = [COLOUR if trial.state == "done" else "white" for trial in trials]
    rows = -(-(len(space) + 1) // COLUMNS)
    with saved_figure(path, 3.6 * COLUMNS, 0.4 + 2.8 * rows, 130) as figure:
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
            elif of.is_whole:
                axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.scatter(values, ious, c=faces, edgecolors=COLOUR, s=24)
            axes.set_xlabel(f"--{name}")
        order = grid[len(space)]
        numbers = np.arange(1, len(trials) + 1)
        order.scatter(numbers, ious, c=faces, edgecolors=COLOUR, s=24)
        order.step(numbers, np.maximum.accumulate(ious), where="post", color="#D55E00", label="best so far")
        order.set_xlabel("trial, in the order of their ends")
        order.xaxis.set_major_locator(MaxNLocator(integer=True))
        order.legend(fontsize=8)
        for axes in grid[len(space) + 1 :]:
            axes.remove()
        for axes in grid[: len(space) + 1]:
            axes.grid(alpha=0.3)
        for axes in grid[::COLUMNS]:
            axes.set_ylabel("best IoU, validation split")
        figure.supxlabel("filled: trained to the end; hollow: given up early", fontsize=9)
