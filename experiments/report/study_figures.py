"""The figures of a study: learning curves over steps and over wall time, final IoUs, and claims."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from cutout_rl.experiments.curves import COLOURS, DASHES, DPI
from cutout_rl.experiments.report.claims import Claim
from cutout_rl.experiments.report.study_results import CurvePoint, Results
from cutout_rl.experiments.statistics import Scores, interquartile_interval, interquartile_mean
from cutout_rl.utils.figure import saved_figure

BASELINE_MARKERS: Final = {"random pens": "|", "still pens": "x", "tracing expert *": "*"}
POINTS: Final = 200  # of a curve
LABEL_WIDTH: Final = 24  # characters


def draw_trained(results: Results, path: Path) -> None:
    """Draw learning curves and the final IoU of all agents, with the baselines of each game."""
    rows = len(results.agents)
    with saved_figure(path, 13, max(4.2, 1.6 + 0.42 * rows), DPI) as figure:
        by_steps, by_time, ends = figure.subplots(1, 3, width_ratios=(1, 1, 1.2))
        draw_curves(by_steps, results, "timesteps", 1)
        draw_curves(by_time, results, "seconds", 60)
        by_steps.set(xlabel="steps", ylabel="final IoU in training, last 100 episodes", ylim=(0, 1))
        by_steps.xaxis.set_major_formatter("{x:,.0f}")
        by_time.axvline(results.common_seconds() / 60, color="0.6", linewidth=1)
        by_time.set(
            xlabel="minutes of wall time; grey line: the shortest run",
            ylabel="final IoU in training, last 100 episodes",
            ylim=(0, 1),
        )
        _draw_ends(ends, results)
        columns = min(3, rows)
        figure.legend(*by_steps.get_legend_handles_labels(), loc="outside lower left", ncols=columns, fontsize=9)
        figure.legend(*ends.get_legend_handles_labels(), loc="outside lower right", ncols=3, fontsize=9)
        figure.suptitle("curves: mean over seeds; band: lowest to highest seed", fontsize=9)


def draw_curves(axes: Axes, results: Results, over: str, unit: float) -> None:
    """Draw each agent's mean learning curve up to its shortest run, over "timesteps" or "seconds" divided by a unit."""
    for i, agent in enumerate(results.agents):
        grid, values = _on_one_grid(results.curves_of(agent), over)
        style = _style(i)
        axes.plot(grid / unit, values.mean(axis=0), label=agent, **style)
        if len(values) > 1:
            axes.fill_between(
                grid / unit, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.15, linewidth=0
            )
    axes.grid(alpha=0.3)


def draw_claims(claims: Sequence[Claim], path: Path) -> None:
    """Draw the value and interval of each claim over the region in which the claim is true."""
    with saved_figure(path, 10, 0.5 + 0.85 * len(claims), DPI) as figure:
        for axes, claim in zip(figure.subplots(len(claims), 1, squeeze=False)[:, 0], claims, strict=True):
            ends = [claim.value, *([] if claim.interval is None else map(float, claim.interval))]
            marks = [*ends, *(bound for bound in claim.region if isfinite(bound))]
            room = 0.15 * (max(marks) - min(marks)) or 0.1
            left, right = min(marks) - room, max(marks) + room
            axes.axvspan(max(left, claim.region[0]), min(right, claim.region[1]), color="0.88")
            axes.plot(ends[1:], [0] * len(ends[1:]), color=COLOURS[0], linewidth=2.5)
            axes.plot(claim.value, 0, "o", color=COLOURS[0])
            axes.set(xlim=(left, right), ylim=(-1, 1), yticks=[])
            axes.set_title(fill(f"{claim.statement}: {claim.verdict}", 110), fontsize=9, loc="left")
            axes.set_xlabel(claim.figure, fontsize=8)
            axes.tick_params(labelsize=8)
            axes.spines[["top", "left", "right"]].set_visible(False)


def draw_interval(axes: Axes, row: float, values: Scores, **style: Any) -> None:
    """Draw the interquartile mean of (runs, images) values and its interval as a horizontal line."""
    interval = interquartile_interval([values])
    if interval is not None:
        axes.plot(interval, (row, row), color=style["color"], linewidth=2)
    axes.plot(float(interquartile_mean([values])), row, "o", **style)


def _draw_ends(axes: Axes, results: Results) -> None:
    seen = set()
    for row, agent in enumerate(results.agents):
        colour = _style(row)["color"]
        draw_interval(axes, row - 0.14, results.held_out(agent), color=colour)
        draw_interval(axes, row + 0.14, results.at_equal_time(agent), color=colour, markerfacecolor="white")
        for label, values in results.baselines(agent).items():
            mean = float(interquartile_mean([values]))
            name = None if label in seen else label
            axes.plot(mean, row, BASELINE_MARKERS[label], color="0.45", markersize=9, label=name)
            seen.add(label)
    axes.set(xlabel="final IoU, interquartile mean", xlim=(0, 1), ylim=(len(results.agents) - 0.4, -0.6))
    axes.set_yticks(range(len(results.agents)), [fill(agent, LABEL_WIDTH) for agent in results.agents])
    axes.set_title(
        "filled: held-out images, equal steps\nopen: in training, equal wall time; line: 95 % interval", fontsize=9
    )
    axes.grid(axis="x", alpha=0.3)


def _on_one_grid(curves: Sequence[Sequence[CurvePoint]], over: str) -> tuple[Scores, Scores]:
    xs = [[getattr(point, over) for point in curve] for curve in curves]
    grid = np.linspace(max(x[0] for x in xs), min(x[-1] for x in xs), POINTS)
    return grid, np.array(
        [np.interp(grid, x, [point.value for point in curve]) for x, curve in zip(xs, curves, strict=True)]
    )


def _style(number: int) -> dict[str, Any]:
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number // len(COLOURS)],
        "linewidth": 1.8,
        "marker": "o",
        "markevery": [-1],
        "markersize": 4,
    }
