"""The figure: steps/s over nodes, measured and on paper."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from cutout_rl.experiments.scaling.model import NODES
from cutout_rl.experiments.scaling.results import Measured
from cutout_rl.utils.figure import saved_figure


def draw_scaling(curves: Mapping[str, Sequence[float]], measured: Sequence[Measured], path: Path) -> None:
    """Draw a line for each way to use nodes, over `NODES`, and marks for the medians that were measured."""
    with saved_figure(path, 7, 4.4, 130) as figure:
        axes = figure.subplots()
        styles = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"))
        for (name, values), (colour, dashes, marker) in zip(curves.items(), styles, strict=True):
            axes.plot(NODES, values, color=colour, linestyle=dashes, marker=marker, markersize=4, label=name)
        counts = sorted({row.nodes for row in measured})
        for name, mark, text in (("unshared", "kx", "a core each"), ("training", "k+", "by the clock")):
            medians = [median(getattr(row, name) for row in measured if row.nodes == nodes) for nodes in counts]
            axes.plot(counts, medians, mark, markersize=9, label=f"one learner, measured, {text}")
        axes.set(xscale="log", yscale="log", xlabel="nodes, one core each that plays", ylabel="steps/s of training")
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=8)
