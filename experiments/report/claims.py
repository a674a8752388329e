"""What a finding says about a figure, and whether the figure's interval bears it out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from cutout_rl.experiments.benchmark.statistics import (
    Interval,
    Scores,
    Strata,
    difference_interval,
    interquartile_difference,
    interquartile_interval,
    interquartile_mean,
    performance_profile,
    profile_interval,
)
from cutout_rl.experiments.report.results import Results

Verdict = Literal["held", "did not hold", "cannot be told", "not in the report"]
Region = tuple[float, float]

_OPENINGS: Final = {
    "held": "It held that",
    "did not hold": "It did not hold that",
    "cannot be told": "It cannot be told whether",
}
MARGIN: Final = 0.05  # IoU; a smaller difference counts as none
HIGHER: Final[Region] = (0, inf)
LOWER: Final[Region] = (-inf, 0)
SAME: Final[Region] = (-MARGIN, MARGIN)
NO_HIGHER: Final[Region] = (-inf, MARGIN)


@dataclass(frozen=True)
class Claim:
    """A sentence that is true where a figure lies in a region.

    Attributes:
        says: the sentence, without a full stop.
        figure: what was measured.
        value: the figure.
        interval: its 95 % interval over the runs; None for a single run.
        region: the open interval in which the sentence is true of the figure.
        of_report: whether the report's finding says it; else it is ours.
        needed: whether nothing can be told of the finding unless it holds.
    """

    says: str
    figure: str
    value: float
    interval: Interval | None
    region: Region
    of_report: bool = True
    needed: bool = False

    @property
    def verdict(self) -> Verdict:
        """Held where the whole interval lies in the region, did not hold where none of it does."""
        if self.interval is None:
            return "cannot be told"
        low, high = self.region
        if self.interval.low > low and self.interval.high < high:
            return "held"
        if self.interval.high <= low or self.interval.low >= high:
            return "did not hold"
        return "cannot be told"


def compare(
    says: str, results: Results, ours: Sequence[str], others: Sequence[str], region: Region, of_report: bool = True
) -> list[Claim]:
    """Compare agents by how far the one side's IoU lies above the other's.

    Args:
        says: what the region stands for, without a full stop.
        results: of all of them.
        ours: the agents of one side.
        others: those of the other.
        region: in which the difference has to lie.
        of_report: whether the report's finding says it.

    Returns:
        Two claims: after equal steps, on held-out images, and after equal wall time, in training.
    """
    steps = difference(
        says,
        "difference of the final IoU on held-out images after equal steps",
        [results.held_out(agent) for agent in ours],
        [results.held_out(agent) for agent in others],
        region,
        of_report,
    )
    time = difference(
        says,
        f"difference of the final IoU in training after equal wall time ({results.common_seconds() / 60:.2g} min)",
        [results.at_equal_time(agent) for agent in ours],
        [results.at_equal_time(agent) for agent in others],
        region,
        of_report,
    )
    return [steps, time]


def difference(says: str, figure: str, strata: Strata, others: Strata, region: Region, of_report: bool = True) -> Claim:
    """Claim something of the difference between two interquartile means."""
    value = interquartile_difference(strata, others)
    return Claim(says, figure, value, difference_interval(strata, others), region, of_report)


def learnt(results: Results) -> Claim:
    """Claim that the best agent beats random pens; agents of which none has learnt differ by chance alone."""
    sides = [(results.held_out(agent), results.baselines(agent)["random pens"]) for agent in results.agents]
    best, random = max(sides, key=lambda side: interquartile_difference([side[0]], [side[1]]))
    figure = "final IoU of the best on held-out images less that of random pens"
    claim = difference("one of them at least learnt", figure, [best], [random], HIGHER, of_report=False)
    return replace(claim, needed=True)


def level(says: str, figure: str, scores: Scores, region: Region, of_report: bool = True) -> Claim:
    """Claim something of an interquartile mean."""
    value, interval = float(interquartile_mean([scores])), interquartile_interval([scores])
    return Claim(says, figure, value, interval, region, of_report)


def share_above(says: str, figure: str, scores: Scores, threshold: float, region: Region) -> Claim:
    """Claim something of the share of runs x images that score above a threshold."""
    thresholds = np.array([threshold])
    interval = profile_interval([scores], thresholds)
    ends = None if interval is None else Interval(interval.low[0], interval.high[0])
    return Claim(says, figure, float(performance_profile([scores], thresholds)[0]), ends, region)


def verdict_of(claims: Sequence[Claim]) -> Verdict:
    """Judge a finding: it held where all that the report says held, and did not where one of it did not.

    It cannot be told where something did not hold that is needed to tell.
    """
    if any(claim.needed and claim.verdict != "held" for claim in claims):
        return "cannot be told"
    verdicts = [claim.verdict for claim in claims if claim.of_report]
    if not verdicts:
        return "not in the report"
    if "did not hold" in verdicts:
        return "did not hold"
    return "held" if all(verdict == "held" for verdict in verdicts) else "cannot be told"


def conclude(claims: Sequence[Claim]) -> str:
    """Say whether the report's finding held."""
    verdict = verdict_of(claims)
    if verdict == "cannot be told":
        return "Whether the report's finding holds cannot be told from these runs."
    return f"So the report's finding {verdict}."


def in_words(claims: Sequence[Claim]) -> str:
    """Say what came out: a sentence for each thing that is claimed, two where its figures disagree."""
    sentences: dict[str, list[str]] = {}
    for claim in claims:
        told = sentences.setdefault(f"{_OPENINGS[claim.verdict]} {claim.says}", [])
        told.append(f"the {claim.figure} is {_number(claim)}")
    return " ".join(f"{opening}: {', and '.join(told)}." for opening, told in sentences.items())


def _number(claim: Claim) -> str:
    if claim.interval is None:
        return f"{_rounded(claim.value)} (one run)"
    return f"{_rounded(claim.value)} [{_rounded(claim.interval.low)}, {_rounded(claim.interval.high)}]"


def _rounded(value: ArrayLike) -> str:
    number = round(float(np.asarray(value)), 3) + 0.0  # never -0.000
    return f"{number:.3f}" if abs(number) < 10 else f"{number:.1f}"
