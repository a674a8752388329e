"""The figure: the share of the images that are good enough, over the strokes that a person has drawn."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cutout_rl.experiments.assistance.results import Case, Counts
from cutout_rl.experiments.benchmark.figures import COLOURS, DASHES, DPI
from cutout_rl.utils.figure import saved_figure


def draw_shares(counts: Mapping[Case, Counts], target: float, most: int, path: Path) -> None:
    """Draw a row of panels for each set of images, a panel for each person, and a line for each help."""
    sets, people, offered = (list(dict.fromkeys(case[part] for case in counts)) for part in range(3))
    strokes = np.arange(most + 1)
    with saved_figure(path, 1 + 4.4 * len(people), 1 + 2.8 * len(sets), DPI) as figure:
        grid = figure.subplots(len(sets), len(people), sharex=True, sharey=True, squeeze=False)
        for images, row in zip(sets, grid, strict=True):
            for person, axes in zip(people, row, strict=True):
                for number, name in enumerate(offered):
                    taken, missed = counts[Case(images, person, name)]
                    done = (np.where(missed, most + 1, taken)[:, None] <= strokes).mean(axis=0)
                    style = {"color": COLOURS[number], "linestyle": DASHES[number], "marker": "osD^v"[number]}
                    axes.plot(strokes, done, label=name, markersize=3.5, **style)
                axes.set(title=f"{images}, {person}", ylim=(0, 1.02))
                axes.grid(alpha=0.3)
                axes.xaxis.get_major_locator().set_params(integer=True)
            row[0].set_ylabel(f"share with IoU {target:g}")
        for axes in grid[-1]:
            axes.set_xlabel("strokes of the person")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(offered))
