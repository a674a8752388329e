"""The figure: the mean IoU over the clicks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from cutout_rl.experiments.benchmark.figures import COLOURS, DASHES, DPI
from cutout_rl.experiments.clicks.results import TARGETS, Curves
from cutout_rl.utils.figure import saved_figure


def draw_curves(curves: Mapping[str, Curves], title: str, path: Path) -> None:
    """Draw a line for each method, and a thin one at each target."""
    with saved_figure(path, 6.4, 4.2, DPI) as figure:
        axes = figure.subplots()
        for number, (method, (ious, _)) in enumerate(curves.items()):
            style = {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)]}
            axes.plot(np.arange(1, ious.shape[1] + 1), ious.mean(axis=0), label=method, **style)
        for target in TARGETS:
            axes.axhline(target, color="0.6", linewidth=0.6)
        axes.set(title=title, xlabel="clicks", ylabel="mean IoU", ylim=(0, 1))
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="lower right")
