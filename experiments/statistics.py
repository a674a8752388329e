"""Comparing players by a handful of runs, after Agarwal et al., "Deep Reinforcement Learning at the Edge of the
Statistical Precipice", NeurIPS 2021.

Scores are given as strata, one per setting of the game: (runs, images) float64, a row per trained run. The stratified
bootstrap resamples whole runs, with all of their images, within their setting: each of 2000 resamples draws N runs with
replacement in a setting of N runs. An interval extends from the 2.5th to the 97.5th percentile of the statistic over
the resamples. It measures the variation over training seeds, not over images. The resamples are seeded, so that the
same scores give the same interval. A single run has no interval.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import sem, t, trim_mean

RESAMPLES: Final = 2000
SEED: Final = 0

Scores = NDArray[np.float64]
Strata = Sequence[Scores]


class Interval(NamedTuple):
    """The bounds of a 95 % interval; arrays if the statistic is an array."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def interquartile_mean(strata: Strata) -> NDArray[np.float64]:
    """Return the mean of the middle half of the scores of all runs, images and settings.

    Of n sorted scores, the floor(n / 4) lowest and as many highest are dropped.

    Args:
        strata: each (..., runs, images), with the same leading axes, which are kept.

    Returns:
        (...) float64.
    """
    pooled = np.concatenate([scores.reshape(*scores.shape[:-2], -1) for scores in strata], axis=-1)
    return np.asarray(trim_mean(pooled, 0.25, axis=-1))


def interquartile_interval(strata: Strata) -> Interval | None:
    """Return the interval of `interquartile_mean`; None if no setting has two runs."""
    return _bootstrap(interquartile_mean, strata)


def mean_interval(run_means: NDArray[np.float64]) -> Interval | None:
    """Return the interval of the mean over runs by Student's t distribution; None for fewer than two runs.

    mean +- t(0.975, N - 1) s / sqrt(N), where s is the standard deviation of the means of N runs.

    Args:
        run_means: (N,), the mean score of each run.
    """
    if len(run_means) < 2:
        return None
    mean, half = run_means.mean(), t.ppf(0.975, len(run_means) - 1) * sem(run_means)
    return Interval(np.asarray(mean - half), np.asarray(mean + half))


def performance_profile(strata: Strata, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of runs x images with a score above each threshold, averaged over the settings.

    F(t) = 1/S sum_s 1/(N_s M_s) sum_n sum_m [x_snm > t], for S settings of N_s runs and M_s images.

    Returns:
        (thresholds,) float64 in [0, 1].
    """
    return _mean_over_runs([_shares_above(scores, thresholds) for scores in strata])


def profile_interval(strata: Strata, thresholds: NDArray[np.float64]) -> Interval | None:
    """Return the interval of `performance_profile` at each threshold; None if no setting has two runs."""
    return _bootstrap(_mean_over_runs, [_shares_above(scores, thresholds) for scores in strata])


def probability_of_improvement(strata: Strata, others: Strata) -> float:
    """Return the probability that a run of X scores higher on an image than a run of Y; equal scores count half.

    P(X > Y) = 1/S sum_s 1/M_s sum_m U_sm / (N_s K_s), where U_sm is the Mann-Whitney statistic of the N_s scores of X
    and the K_s scores of Y on image m.

    Raises:
        ValueError: X and Y have different numbers of settings or of images.
    """
    return float(np.mean([wins.mean() for wins in _wins(strata, others)]))


def improvement_interval(strata: Strata, others: Strata) -> Interval | None:
    """Return the interval of `probability_of_improvement`; None if neither has two runs in any setting.

    The runs of both players are resampled, independently.

    Raises:
        ValueError: X and Y have different numbers of settings or of images.
    """
    wins = _wins(strata, others)
    if all(max(win.shape) < 2 for win in wins):
        return None
    rng = np.random.default_rng(SEED)
    means = []
    for win in wins:
        ours, theirs = (rng.integers(n, size=(RESAMPLES, n)) for n in win.shape)
        means.append(win[ours[:, :, None], theirs[:, None, :]].mean(axis=(1, 2)))
    return _percentiles(np.mean(means, axis=0))


def interquartile_difference(strata: Strata, others: Strata) -> float:
    """Return the interquartile mean of X minus that of Y."""
    return float(interquartile_mean(strata) - interquartile_mean(others))


def difference_interval(strata: Strata, others: Strata) -> Interval | None:
    """Return the interval of `interquartile_difference`; None if neither has a setting with two runs.

    The runs of both are resampled, independently.
    """
    if all(len(scores) < 2 for scores in (*strata, *others)):
        return None
    rng = np.random.default_rng(SEED)
    return _percentiles(interquartile_mean(_resample(strata, rng)) - interquartile_mean(_resample(others, rng)))


def _bootstrap(statistic: Callable[[Strata], NDArray[np.float64]], strata: Strata) -> Interval | None:
    if all(len(scores) < 2 for scores in strata):
        return None
    rng = np.random.default_rng(SEED)
    return _percentiles(statistic(_resample(strata, rng)))


def _resample(strata: Strata, rng: np.random.Generator) -> list[Scores]:
    """Draw the runs of each setting with replacement; return (resamples, runs, images) for each."""
    return [scores[rng.integers(len(scores), size=(RESAMPLES, len(scores)))] for scores in strata]


def _percentiles(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return Interval(np.asarray(low), np.asarray(high))


def _shares_above(scores: Scores, thresholds: NDArray[np.float64]) -> Scores:
    """Return the (runs, thresholds) share of images with a score above each threshold."""
    return np.asarray((scores[:, :, None] > thresholds).mean(axis=1))


def _mean_over_runs(strata: Strata) -> NDArray[np.float64]:
    return np.asarray(np.mean([scores.mean(axis=-2) for scores in strata], axis=0))


def _wins(strata: Strata, others: Strata) -> list[Scores]:
    """Return, for each setting, the (N, K) share of images on which a run of X beats a run of Y."""
    wins = []
    for ours, theirs in zip(strata, others, strict=True):
        if ours.shape[1] != theirs.shape[1]:
            raise ValueError(f"{ours.shape[1]} images against {theirs.shape[1]}")
        difference = ours[:, None] - theirs[None]
        wins.append(((difference > 0) + 0.5 * (difference == 0)).mean(axis=2))
    return wins
