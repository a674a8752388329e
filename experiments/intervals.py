"""Intervals over images."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

RESAMPLES: Final = 5_000


def mean_interval(values: NDArray[Any]) -> list[float] | None:
    """Give the ends of the 95 % percentile bootstrap interval of the mean of (N,) numbers; None for fewer than two."""
    if len(values) < 2:
        return None
    if np.all(values == values[0]):  # of which SciPy makes NaN
        return [float(values[0]), float(values[0])]
    found = bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0))
    return [float(end) for end in found.confidence_interval]
