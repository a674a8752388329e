"""The figures of a benchmark, from which tables and pictures are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.benchmark.scores import MEASURES, TRAINED, Contestant, Score, by_player
from cutout_rl.experiments.benchmark.statistics import (
    Interval,
    Strata,
    improvement_interval,
    interquartile_interval,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    profile_interval,
)

THRESHOLDS: Final = np.linspace(0, 1, 101)

Field = dict[Contestant, Strata]


@dataclass(frozen=True)
class Aggregate:
    """What a contestant scored by one measure.

    Attributes:
        runs: how many.
        images: how many each run played.
        mean: over runs x images.
        iqm: interquartile mean over runs x images.
        interval: of the interquartile mean; None for a single run.
    """

    runs: int
    images: int
    mean: float
    iqm: float
    interval: Interval | None


@dataclass(frozen=True)
class Profile:
    """The share of a contestant's runs x images whose final IoU lies above each of `THRESHOLDS`, and its interval."""

    share: NDArray[np.float64]
    band: Interval | None


@dataclass(frozen=True)
class Improvement:
    """How likely a run of one contestant ends higher on an image than a run of another."""

    probability: float
    interval: Interval | None


@dataclass(frozen=True)
class Summary:
    """All figures of one setting, or of all settings together.

    Attributes:
        title: the setting, or "all settings".
        aggregates: of each contestant by measure; a ceiling that is no player has a final IoU only.
        profiles: of each contestant.
        improvements: of each trained agent's play over every other contestant.
    """

    title: str
    aggregates: dict[Contestant, dict[str, Aggregate]]
    profiles: dict[Contestant, Profile]
    improvements: dict[tuple[Contestant, Contestant], Improvement]


def summarise(scores: Sequence[Score], settings: Sequence[str]) -> list[Summary]:
    """Summarise each setting, and where there are several, all of them together."""
    each = [_summarise(scores, setting, [setting]) for setting in settings]
    return [*each, _summarise(scores, "all settings", settings)] if len(settings) > 1 else each


def _summarise(scores: Sequence[Score], title: str, settings: Sequence[str]) -> Summary:
    final = _field(scores, settings, "final")
    aggregates: dict[Contestant, dict[str, Aggregate]] = {contestant: {} for contestant in final}
    for measure in MEASURES:
        for contestant, strata in _field(scores, settings, measure).items():
            aggregates[contestant][measure] = _aggregate(strata)
    return Summary(
        title,
        aggregates,
        {contestant: _profile(strata) for contestant, strata in final.items()},
        {
            (contestant, other): _improvement(final[contestant], final[other])
            for contestant in final
            for other in final
            if contestant.play in TRAINED and contestant != other
        },
    )


def _field(scores: Sequence[Score], settings: Sequence[str], measure: str) -> Field:
    """Give the strata of whoever played all of these settings."""
    first, *others = (by_player(scores, setting, measure) for setting in settings)
    everywhere = [contestant for contestant in first if all(contestant in other for other in others)]
    return {contestant: [played[contestant] for played in (first, *others)] for contestant in everywhere}


def _aggregate(strata: Strata) -> Aggregate:
    return Aggregate(
        runs=sum(len(scores) for scores in strata),
        images=strata[0].shape[1],
        mean=float(np.concatenate([scores.ravel() for scores in strata]).mean()),
        iqm=float(interquartile_mean(strata)),
        interval=interquartile_interval(strata),
    )


def _profile(strata: Strata) -> Profile:
    return Profile(performance_profile(strata, THRESHOLDS), profile_interval(strata, THRESHOLDS))


def _improvement(strata: Strata, others: Strata) -> Improvement:
    # Slow oracles play the first images only.
    common = [min(ours.shape[1], theirs.shape[1]) for ours, theirs in zip(strata, others, strict=True)]
    strata = [scores[:, :images] for scores, images in zip(strata, common, strict=True)]
    others = [scores[:, :images] for scores, images in zip(others, common, strict=True)]
    return Improvement(probability_of_improvement(strata, others), improvement_interval(strata, others))
