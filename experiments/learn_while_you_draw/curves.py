"""Held-out IoU over annotated pixels: the numbers and the figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.benchmark.statistics import interquartile_interval, interquartile_mean
from cutout_rl.experiments.learn_while_you_draw.annotators import Annotator
from cutout_rl.experiments.learn_while_you_draw.run import Point
from cutout_rl.utils.figure import saved_figure

COLOURS: Final[dict[Annotator, str]] = {"corrections": "#0072B2", "scribbles": "#D55E00", "everything": "0.35"}
NAMES: Final[dict[Annotator, str]] = {
    "corrections": "corrections",
    "scribbles": "scribbles at random",
    "everything": "whole masks",
}
DPI: Final = 130


class Curve(NamedTuple):
    """How one annotator's network does, after each look.

    Attributes:
        strokes: drawn until then.
        pixels: (looks,) annotated until then, averaged over the runs.
        iou: (looks,) interquartile mean over runs x held-out images.
        interval: (looks, 2) its 95 % bootstrap interval over the runs; NaN where there is one run only.
    """

    strokes: list[int]
    pixels: NDArray[np.float64]
    iou: NDArray[np.float64]
    interval: NDArray[np.float64]


def make_curve(runs: Sequence[Sequence[Point]]) -> Curve:
    """Put the runs of one annotator together, one a seed, all with the same looks."""
    looks = list(zip(*runs, strict=True))
    strata = [[np.array([point.iou for point in look])] for look in looks]
    intervals = [interquartile_interval(scores) for scores in strata]
    return Curve(
        [look[0].strokes for look in looks],
        np.array([np.mean([point.pixels for point in look]) for look in looks]),
        np.array([float(interquartile_mean(scores)) for scores in strata]),
        np.array([(np.nan, np.nan) if interval is None else interval for interval in intervals], np.float64),
    )


def pixels_to_reach(curve: Curve, iou: float) -> float | None:
    """Read off how many annotated pixels it takes to reach an IoU for the first time; None where it is not reached.

    Between two looks the curve is taken to be straight over the logarithm of the pixels.
    """
    reached = np.flatnonzero(curve.iou >= iou)
    if not len(reached):
        return None
    first = int(reached[0])
    if first == 0:
        return float(curve.pixels[0])
    pair = slice(first - 1, first + 1)
    return float(np.exp(np.interp(iou, curve.iou[pair], np.log(curve.pixels[pair]))))


def draw_curves(curves: Mapping[Annotator, Curve], path: Path) -> None:
    """Draw the IoU over the annotated pixels with its interval; whole masks, which have them all, are a line across."""
    with saved_figure(path, 6.4, 4, DPI) as figure:
        axes = figure.subplots()
        for annotator, curve in curves.items():
            colour, name = COLOURS[annotator], NAMES[annotator]
            if annotator == "everything":
                axes.axhline(curve.iou[-1], color=colour, linestyle="--", label=f"{name}, {curve.pixels[-1]:,.0f} px")
                axes.axhspan(*curve.interval[-1], color=colour, alpha=0.12, linewidth=0)
                continue
            axes.plot(curve.pixels, curve.iou, "o-", color=colour, label=name, markersize=4)
            axes.fill_between(curve.pixels, *curve.interval.T, color=colour, alpha=0.18, linewidth=0)
        axes.set(xscale="log", ylim=(0, 1), xlabel="annotated pixels, over all images", ylabel="IoU on held-out images")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left")
