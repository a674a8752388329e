"""The figure of the click benchmark: mean IoU against the number of clicks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from cutout_rl.experiments.clicks.noc import TARGETS, ClickCurves
from cutout_rl.experiments.curves import DPI, draw_curve, mean_curve
from cutout_rl.utils.figure import saved_figure


def draw_noc_curves(curves: Mapping[str, ClickCurves], title: str, path: Path) -> None:
    """Draw a curve for each method with its 95 % interval, and a thin line at each target."""
    with saved_figure(path, 6.4, 4.2, DPI) as figure:
        axes = figure.subplots()
        for i, (method, (ious, _)) in enumerate(curves.items()):
            draw_curve(axes, np.arange(1, ious.shape[1] + 1), *mean_curve(ious), method, i)
        for target in TARGETS:
            axes.axhline(target, color="0.6", linewidth=0.6)
        axes.set(title=title, xlabel="clicks", ylabel="mean IoU", ylim=(0, 1))
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="lower right")
