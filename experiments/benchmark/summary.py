"""The statistics of a benchmark, for its tables and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.scores import MEASURES, TRAINED, Score, ScoredPlayer, by_player
from cutout_rl.experiments.statistics import (
    Interval,
    Strata,
    improvement_interval,
    interquartile_interval,
    interquartile_mean,
    mean_interval,
    performance_profile,
    probability_of_improvement,
    profile_interval,
)

THRESHOLDS: Final = np.linspace(0, 1, 101)

StrataByPlayer = dict[ScoredPlayer, Strata]


@dataclass(frozen=True)
class Aggregate:
    """The scores of a player by one measure.

    Attributes:
        runs: number of runs.
        images: number of images of each run.
        mean: over runs x images.
        mean_interval: of the mean over runs; None for a single run, and for several settings together.
        run_means: (runs,) float64, the mean of each run over its images.
        iqm: interquartile mean over runs x images.
        interval: of the interquartile mean; None for a single run.
    """

    runs: int
    images: int
    mean: float
    mean_interval: Interval | None
    run_means: NDArray[np.float64]
    iqm: float
    interval: Interval | None


@dataclass(frozen=True)
class Profile:
    """The share of a player's runs x images whose final IoU is above each of `THRESHOLDS`, and its interval."""

    share: NDArray[np.float64]
    band: Interval | None


@dataclass(frozen=True)
class Improvement:
    """The probability that a run of one player ends higher on an image than a run of another, and its interval."""

    probability: float
    interval: Interval | None


@dataclass(frozen=True)
class Summary:
    """All statistics of one setting, or of all settings together.

    Attributes:
        title: the setting, or "all settings".
        aggregates: of each player by measure; full scribbles have a final IoU only.
        profiles: of each player.
        improvements: of each trained agent over every other player.
    """

    title: str
    aggregates: dict[ScoredPlayer, dict[str, Aggregate]]
    profiles: dict[ScoredPlayer, Profile]
    improvements: dict[tuple[ScoredPlayer, ScoredPlayer], Improvement]


def summarise(scores: Sequence[Score], settings: Sequence[str]) -> list[Summary]:
    """Summarise each setting and, if there are several, all of them together."""
    each = [_summarise(scores, setting, [setting]) for setting in settings]
    return [*each, _summarise(scores, "all settings", settings)] if len(settings) > 1 else each


def _summarise(scores: Sequence[Score], title: str, settings: Sequence[str]) -> Summary:
    final = _strata_by_player(scores, settings, "final")
    aggregates: dict[ScoredPlayer, dict[str, Aggregate]] = {player: {} for player in final}
    for measure in MEASURES:
        for player, strata in _strata_by_player(scores, settings, measure).items():
            aggregates[player][measure] = _aggregate(strata)
    return Summary(
        title,
        aggregates,
        {player: _profile(strata) for player, strata in final.items()},
        {
            (player, other): _improvement(final[player], final[other])
            for player in final
            for other in final
            if player.play in TRAINED and player != other
        },
    )


def _strata_by_player(scores: Sequence[Score], settings: Sequence[str], measure: str) -> StrataByPlayer:
    """Return the strata of the players that played all of these settings."""
    first, *others = (by_player(scores, setting, measure) for setting in settings)
    everywhere = [player for player in first if all(player in other for other in others)]
    return {player: [played[player] for played in (first, *others)] for player in everywhere}


def _aggregate(strata: Strata) -> Aggregate:
    run_means = np.concatenate([scores.mean(axis=1) for scores in strata])
    return Aggregate(
        runs=sum(len(scores) for scores in strata),
        images=strata[0].shape[1],
        mean=float(np.concatenate([scores.ravel() for scores in strata]).mean()),
        mean_interval=mean_interval(run_means) if len(strata) == 1 else None,
        run_means=run_means,
        iqm=float(interquartile_mean(strata)),
        interval=interquartile_interval(strata),
    )


def _profile(strata: Strata) -> Profile:
    return Profile(performance_profile(strata, THRESHOLDS), profile_interval(strata, THRESHOLDS))


def _improvement(strata: Strata, others: Strata) -> Improvement:
    # Slow oracles are evaluated on the first images only.
    common = [min(ours.shape[1], theirs.shape[1]) for ours, theirs in zip(strata, others, strict=True)]
    strata = [scores[:, :images] for scores, images in zip(strata, common, strict=True)]
    others = [scores[:, :images] for scores, images in zip(others, common, strict=True)]
    return Improvement(probability_of_improvement(strata, others), improvement_interval(strata, others))
