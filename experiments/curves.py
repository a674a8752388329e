"""Mean curves with their intervals, and how figures draw them."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray
from scipy.stats import bootstrap

RESAMPLES: Final = 5_000
# Okabe and Ito's colours, which colour-blind readers can distinguish; dashes and markers for print in black and white.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: Final[tuple[Any, ...]] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)))
MARKERS: Final = ("o", "s", "^", "D", "v", "P")
DPI: Final = 130


def mean_interval(values: NDArray[Any]) -> list[float] | None:
    """Return the 95 % percentile bootstrap interval of the mean of (N,) values; None for fewer than two."""
    if len(values) < 2:
        return None
    if np.all(values == values[0]):  # SciPy returns NaN for constant values
        return [float(values[0]), float(values[0])]
    found = bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0))
    return [float(end) for end in found.confidence_interval]


def mean_curve(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of (N, points) values and its 95 % bootstrap interval over the N, (points,) and (points, 2).

    The interval is NaN if N is 1.
    """
    intervals = [mean_interval(column) or (np.nan, np.nan) for column in values.T]
    return values.mean(axis=0), np.array(intervals, np.float64)


def draw_curve(axes: Axes, x: ArrayLike, mean: ArrayLike, interval: NDArray[np.float64], label: str, i: int) -> None:
    """Draw a curve with a band for its interval.

    Args:
        axes: the panel.
        x: (points,).
        mean: (points,).
        interval: (points, 2); NaN where there is none.
        label: for the legend.
        i: index of the curve, which chooses colour, dashes and marker.
    """
    colour = COLOURS[i % len(COLOURS)]
    style = {"linestyle": DASHES[i % len(DASHES)], "marker": MARKERS[i % len(MARKERS)], "markersize": 3.5}
    axes.plot(x, mean, color=colour, label=label, **style)
    axes.fill_between(x, *interval.T, color=colour, alpha=0.15, linewidth=0)
