"""The figure of the scaling study: steps/s against nodes, measured and modelled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from cutout_rl.experiments.curves import COLOURS, DASHES, DPI, MARKERS
from cutout_rl.experiments.scaling.measurements import Measured
from cutout_rl.experiments.scaling.throughput_model import NODES
from cutout_rl.utils.figure import saved_figure


def draw_scaling(curves: Mapping[str, Sequence[float]], measured: Sequence[Measured], path: Path) -> None:
    """Draw the modelled curves over `NODES`, and markers for the measured medians."""
    with saved_figure(path, 7, 4.4, DPI) as figure:
        axes = figure.subplots()
        for i, (name, values) in enumerate(curves.items()):
            axes.plot(NODES, values, color=COLOURS[i], linestyle=DASHES[i], marker=MARKERS[i], markersize=4, label=name)
        counts = sorted({row.nodes for row in measured})
        for name, mark, text in (("unshared", "kx", "a core each"), ("training", "k+", "by the clock")):
            medians = [median(getattr(row, name) for row in measured if row.nodes == nodes) for nodes in counts]
            axes.plot(counts, medians, mark, markersize=9, label=f"one learner, measured, {text}")
        axes.set(xscale="log", yscale="log", xlabel="nodes, one sampling core each", ylabel="steps/s of training")
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=8)
