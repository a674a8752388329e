"""IoU on held-out images against the number of annotated pixels: the curves and their figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.curves import DPI, draw_curve
from cutout_rl.experiments.learn_while_you_draw.annotation_run import AnnotationRow
from cutout_rl.experiments.simulated_users.annotators import Annotator
from cutout_rl.experiments.statistics import Scores, interquartile_interval, interquartile_mean
from cutout_rl.utils.figure import saved_figure

NAMES: Final[dict[Annotator, str]] = {
    "corrections": "corrections",
    "scribbles": "random scribbles",
    "everything": "whole masks",
}


class AnnotationCurve(NamedTuple):
    """The results of one annotator after several numbers of strokes.

    Attributes:
        strokes: (tests,) so far.
        pixels: (tests,) annotated so far, mean over the runs.
        iou: (tests,) interquartile mean over runs x held-out images.
        interval: (tests, 2) its 95 % bootstrap interval over the runs; NaN for a single run.
    """

    strokes: list[int]
    pixels: NDArray[np.float64]
    iou: NDArray[np.float64]
    interval: NDArray[np.float64]


def make_curve(rows: Sequence[AnnotationRow]) -> AnnotationCurve:
    """Compute the curve of one annotator from the rows of all its runs."""
    strokes = sorted({row.strokes for row in rows})
    scores = [[ious_by_run(rows, count)] for count in strokes]
    intervals = [interquartile_interval(strata) for strata in scores]
    return AnnotationCurve(
        strokes,
        np.array([np.mean([row.pixels for row in rows if row.strokes == count]) for count in strokes]),
        np.array([float(interquartile_mean(strata)) for strata in scores]),
        np.array([(np.nan, np.nan) if interval is None else interval for interval in intervals], np.float64),
    )


def ious_by_run(rows: Sequence[AnnotationRow], strokes: int) -> Scores:
    """Return the (runs, images) IoUs of one annotator after so many strokes."""
    seeds = dict.fromkeys(row.seed for row in rows)
    return np.array([[row.iou for row in rows if (row.seed, row.strokes) == (seed, strokes)] for seed in seeds])


def pixels_to_reach(curve: AnnotationCurve, iou: float) -> float | None:
    """Return the number of annotated pixels at which an IoU is first reached; None if it is not reached.

    Between two tests the curve is interpolated linearly over the logarithm of the pixels.
    """
    reached = np.flatnonzero(curve.iou >= iou)
    if not len(reached):
        return None
    first = int(reached[0])
    if first == 0:
        return float(curve.pixels[0])
    pair = slice(first - 1, first + 1)
    return float(np.exp(np.interp(iou, curve.iou[pair], np.log(curve.pixels[pair]))))


def draw_annotation_curves(curves: Mapping[Annotator, AnnotationCurve], path: Path) -> None:
    """Draw the IoU against the annotated pixels with its interval; whole masks are a horizontal line."""
    with saved_figure(path, 6.4, 4, DPI) as figure:
        axes = figure.subplots()
        for i, (annotator, curve) in enumerate(curves.items()):
            if annotator == "everything":
                label = f"{NAMES[annotator]}, {curve.pixels[-1]:,.0f} px"
                axes.axhline(curve.iou[-1], color="0.35", linestyle="--", label=label)
                axes.axhspan(*curve.interval[-1], color="0.35", alpha=0.12, linewidth=0)
            else:
                draw_curve(axes, curve.pixels, curve.iou, curve.interval, NAMES[annotator], i)
        axes.set(xscale="log", ylim=(0, 1), xlabel="annotated pixels in all images", ylabel="IoU on held-out images")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left")
