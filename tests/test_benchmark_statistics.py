"""The benchmark's statistics against cases worked out by hand, SciPy, and what must not change them."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from scipy import stats

from cutout_rl.experiments.benchmark.interval_coverage import coverage
from cutout_rl.experiments.statistics import (
    RESAMPLES,
    SEED,
    Interval,
    Scores,
    Strata,
    difference_interval,
    improvement_interval,
    interquartile_difference,
    interquartile_interval,
    interquartile_mean,
    mean_interval,
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


@given(npst.arrays(np.float64, st.integers(2, 8), elements=st.floats(0, 1, width=16), unique=True))
def test_the_interval_of_a_mean_is_that_of_the_t_test(run_means: NDArray[np.float64]) -> None:
    assert mean_interval(run_means) == pytest.approx(stats.ttest_1samp(run_means, 0).confidence_interval(0.95))
    assert mean_interval(run_means[:1]) is None


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


def scipy_interval(sides: Sequence[Strata], statistic: Callable[..., float]) -> Interval:
    """Return SciPy's interval over the same resamples: it draws the runs of one stratum after the other, as we do."""
    sizes = [len(side) for side in sides]
    runs = [runs for side in sides for runs in side]

    def of_resample(*indices: NDArray[np.float64]) -> float:
        drawn = iter(scores[which.astype(int)] for scores, which in zip(runs, indices, strict=True))
        return statistic(*([next(drawn) for _ in range(size)] for size in sizes))

    result = stats.bootstrap(
        [np.arange(len(scores)) for scores in runs],
        of_resample,
        vectorized=False,
        method="percentile",
        n_resamples=RESAMPLES,
        random_state=np.random.default_rng(SEED),
    )
    return Interval(*map(np.asarray, result.confidence_interval))


def middle_half(strata: Strata) -> float:
    """Return the interquartile mean by sorting."""
    ascending = np.sort(np.concatenate([runs.ravel() for runs in strata]))
    cut = len(ascending) // 4
    return float(ascending[cut : len(ascending) - cut].mean())


@pytest.fixture(params=range(3))
def drawn(request: pytest.FixtureRequest) -> tuple[Strata, Strata]:
    """Draw two players' scores in two settings, with different numbers of runs."""
    rng = np.random.default_rng(request.param)
    return [rng.random((5, 4)), 0.5 + 0.5 * rng.random((3, 4))], [0.8 * rng.random((4, 4)), rng.random((6, 4))]


def test_intervals_are_those_of_scipy(drawn: tuple[Strata, Strata]) -> None:
    ours, theirs = drawn
    assert np.allclose(interquartile_interval(ours) or (), scipy_interval([ours], middle_half), atol=1e-12)
    difference = scipy_interval(drawn, lambda x, y: middle_half(x) - middle_half(y))
    assert np.allclose(difference_interval(ours, theirs) or (), difference, atol=1e-12)


def test_interval_of_a_profile_is_that_of_scipy_at_each_threshold(drawn: tuple[Strata, Strata]) -> None:
    ours, _ = drawn
    thresholds = [0.3, 0.8]
    band = profile_interval(ours, np.array(thresholds))
    assert band is not None
    for column, threshold in enumerate(thresholds):

        def share_above(strata: Strata, threshold: float = threshold) -> float:
            return float(np.mean([(runs > threshold).mean() for runs in strata]))

        expected = scipy_interval([ours], share_above)
        assert np.allclose((band.low[column], band.high[column]), expected, atol=1e-12)


def test_interval_of_an_improvement_is_that_of_the_same_resamples(drawn: tuple[Strata, Strata]) -> None:
    ours, theirs = drawn
    rng = np.random.default_rng(SEED)
    # Setting by setting, first the runs of X, then those of Y.
    indices = [
        [rng.integers(len(x), size=(RESAMPLES, len(x))) for x in pair] for pair in zip(ours, theirs, strict=True)
    ]
    chances = []
    for resample in range(RESAMPLES):
        by_setting = [
            (x[i[resample]][:, None] > y[k[resample]]).mean()  # no two scores are equal
            for x, y, (i, k) in zip(ours, theirs, indices, strict=True)
        ]
        chances.append(np.mean(by_setting))
    assert np.allclose(improvement_interval(ours, theirs) or (), np.percentile(chances, [2.5, 97.5]), atol=1e-12)


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


def test_difference_changes_its_sign_with_the_sides(drawn: tuple[Strata, Strata]) -> None:
    ours, theirs = drawn
    assert interquartile_difference(ours, theirs) == -interquartile_difference(theirs, ours)


def test_intervals_of_few_runs_are_too_narrow() -> None:
    few, many = (coverage(runs, images=8, cases=100, seed=0) for runs in (3, 10))
    # Those of three runs end at the worst and at the best run, and half of all runs lie on either side of the median:
    # they hold it in 1 - 2 / 2^3 of all cases.
    assert few == pytest.approx(0.75, abs=0.13)
    assert few < many < 1


def test_single_run_has_no_interval() -> None:
    one, two = np.zeros((1, 3)), np.ones((2, 3))
    assert interquartile_interval([one, one]) is None
    assert profile_interval([one], THRESHOLDS) is None
    assert improvement_interval([one], [one]) is None
    assert difference_interval([one], [one]) is None
    assert difference_interval([one], [two]) == (-1, -1)
    assert interquartile_interval([one, two]) is not None
    assert improvement_interval([one], [two]) is not None
