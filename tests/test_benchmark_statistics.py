"""The benchmark's statistics against cases worked out by hand, SciPy, and what must not change them."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from cutout_rl.experiments.benchmark.statistics import (
    Interval,
    Scores,
    difference_interval,
    improvement_interval,
    interquartile_difference,
    interquartile_interval,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    profile_interval,
)

THRESHOLDS = np.linspace(0, 1, 11)


def scores(fewest_runs: int = 1) -> st.SearchStrategy[Scores]:
    # A coarse grid, so that equal scores are common.
    values = st.integers(0, 16).map(lambda n: n / 16)
    return st.integers(fewest_runs, 5).flatmap(lambda runs: npst.arrays(np.float64, (runs, 4), elements=values))


def test_interquartile_mean_drops_a_quarter_at_each_end() -> None:
    assert interquartile_mean([np.array([[0.9, 0.1, 0.4, 0.5]])]) == pytest.approx(0.45)
    # Ten scores in two settings: floor(10 / 4) = 2 go at each end.
    pooled = [np.array([[0.0, 0.3], [0.6, 0.9]]), np.array([[0.1, 0.2, 0.4], [0.5, 0.7, 0.8]])]
    assert interquartile_mean(pooled) == pytest.approx((0.2 + 0.3 + 0.4 + 0.5 + 0.6 + 0.7) / 6)


@given(scores())
def test_interquartile_mean_by_sorting(runs: Scores) -> None:
    ascending = sorted(runs.ravel().tolist())
    cut = len(ascending) // 4
    assert interquartile_mean([runs]) == pytest.approx(np.mean(ascending[cut : len(ascending) - cut]))


def test_profile_counts_what_lies_strictly_above_and_weighs_settings_alike() -> None:
    strata = [np.array([[0.2, 0.8]]), np.array([[0.5, 0.6], [0.7, 0.9]])]
    profile = performance_profile(strata, np.array([0.0, 0.5, 0.8, 0.9]))
    assert profile.tolist() == [1, (1 / 2 + 3 / 4) / 2, (0 + 1 / 4) / 2, 0]


@given(scores())
def test_profile_falls_and_its_area_is_the_mean(runs: Scores) -> None:
    grid = np.arange(16) / 16
    profile = performance_profile([runs], grid)
    assert all(before >= after for before, after in pairwise(profile))
    assert profile.mean() == pytest.approx(runs.mean())


@given(scores(), scores())
def test_improvement_is_the_mann_whitney_statistic(ours: Scores, theirs: Scores) -> None:
    by_image = [
        stats.mannwhitneyu(x, y, method="asymptotic").statistic / (len(x) * len(y))
        for x, y in zip(ours.T, theirs.T, strict=True)
    ]
    assert probability_of_improvement([ours], [theirs]) == pytest.approx(np.mean(by_image))


@given(scores(), scores())
def test_one_of_two_players_is_better_or_half_each(ours: Scores, theirs: Scores) -> None:
    chance = probability_of_improvement([ours], [theirs])
    assert chance + probability_of_improvement([theirs], [ours]) == pytest.approx(1)
    assert probability_of_improvement([ours], [ours]) == pytest.approx(0.5)
    # Any growing function of the score leaves it as it is.
    assert probability_of_improvement([np.sqrt(ours)], [np.sqrt(theirs)]) == chance


def test_improvement_weighs_settings_alike_and_refuses_other_images() -> None:
    low, high = np.zeros((1, 2)), np.ones((3, 2))
    assert probability_of_improvement([high, low], [low, low]) == (1 + 0.5) / 2
    with pytest.raises(ValueError, match="2 images against 3"):
        probability_of_improvement([low], [np.zeros((1, 3))])


def all_resamples(runs: Scores) -> Interval:
    """Take every resample there is instead of drawing some."""
    values = [float(interquartile_mean([runs[list(which)]])) for which in product(range(len(runs)), repeat=len(runs))]
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(np.asarray(low), np.asarray(high))


@pytest.mark.parametrize("seed", range(5))
def test_interval_is_that_of_all_resamples(seed: int) -> None:
    runs = np.random.default_rng(seed).random((4, 6))
    drawn, whole = interquartile_interval([runs]), all_resamples(runs)
    assert drawn is not None
    # 256 resamples make a staircase: the drawn ends may be a step off.
    assert np.allclose(drawn, whole, atol=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_interval_over_settings_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strata = [rng.random((8, 5)), 0.5 + 0.5 * rng.random((6, 5))]

    def statistic(first: Scores, second: Scores) -> float:
        chosen = [runs[which.astype(int)] for runs, which in zip(strata, (first, second), strict=True)]
        return float(interquartile_mean(chosen))

    result = stats.bootstrap(
        [np.arange(len(runs)) for runs in strata],
        statistic,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        random_state=rng,
    )
    assert np.allclose(interquartile_interval(strata) or (), result.confidence_interval, atol=0.015)


@given(scores(fewest_runs=2))
def test_runs_are_resampled_whole(runs: Scores) -> None:
    # Runs that are alike leave no doubt, however much their images differ.
    alike = np.repeat(runs[:1], 4, axis=0)
    assert interquartile_interval([alike]) == (interquartile_mean([alike]),) * 2
    band = profile_interval([alike], THRESHOLDS)
    assert band is not None
    assert np.allclose(band, performance_profile([alike], THRESHOLDS))
    assert np.allclose(improvement_interval([alike], [alike]) or (), 0.5)


@given(scores(fewest_runs=2), scores())
def test_intervals_lie_where_they_can_and_are_the_same_again(ours: Scores, theirs: Scores) -> None:
    interval = interquartile_interval([ours])
    assert interval is not None
    assert ours.min() <= interval.low <= interval.high <= ours.max()
    assert interval == interquartile_interval([ours])
    improvement = improvement_interval([ours], [theirs])
    assert improvement is not None
    assert 0 <= improvement.low <= improvement.high <= 1
    # Images are not resampled, so their order says nothing.
    assert np.allclose(interval, interquartile_interval([ours[:, ::-1]]) or ())


@pytest.mark.parametrize("seed", range(3))
def test_interval_of_a_difference_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = rng.random((8, 5)), 0.5 * rng.random((6, 5))

    def statistic(first: Scores, second: Scores) -> float:
        return interquartile_difference([ours[first.astype(int)]], [theirs[second.astype(int)]])

    result = stats.bootstrap(
        [np.arange(8), np.arange(6)],
        statistic,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        random_state=rng,
    )
    assert np.allclose(difference_interval([ours], [theirs]) or (), result.confidence_interval, atol=0.02)
    assert interquartile_difference([ours], [theirs]) == -interquartile_difference([theirs], [ours])


def test_single_run_has_no_interval() -> None:
    one, two = np.zeros((1, 3)), np.ones((2, 3))
    assert interquartile_interval([one, one]) is None
    assert profile_interval([one], THRESHOLDS) is None
    assert improvement_interval([one], [one]) is None
    assert difference_interval([one], [one]) is None
    assert difference_interval([one], [two]) == (-1, -1)
    assert interquartile_interval([one, two]) is not None
    assert improvement_interval([one], [two]) is not None
