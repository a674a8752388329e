"""Claims about the results of a study, tested with confidence intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.statistics import (
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

Verdict = Literal["held", "did not hold", "inconclusive", "not in the report"]
Region = tuple[float, float]

MARGIN: Final = 0.05  # IoU; smaller differences count as none
HIGHER: Final[Region] = (0, inf)
LOWER: Final[Region] = (-inf, 0)
SAME: Final[Region] = (-MARGIN, MARGIN)
NO_HIGHER: Final[Region] = (-inf, MARGIN)


@dataclass(frozen=True)
class Claim:
    """A statement that is true if a quantity lies in a region, such as: the difference of two IQMs is above 0.

    Attributes:
        statement: a sentence without a full stop.
        figure: name of the quantity.
        value: of the quantity.
        interval: the 95 % confidence interval over the runs; None for a single run.
        region: the open interval of values for which the statement is true.
        of_report: whether the claim belongs to the report's finding; otherwise it is ours.
        needed: whether the finding is inconclusive unless this claim held.
    """

    statement: str
    figure: str
    value: float
    interval: Interval | None
    region: Region
    of_report: bool = True
    needed: bool = False

    @property
    def verdict(self) -> Verdict:
        """Whether the whole interval lies in the region (held), none of it (did not hold), or a part (inconclusive)."""
        if self.interval is None:
            return "inconclusive"
        low, high = self.region
        if self.interval.low > low and self.interval.high < high:
            return "held"
        if self.interval.high <= low or self.interval.low >= high:
            return "did not hold"
        return "inconclusive"


def compare(
    statement: str, results: Results, ours: Sequence[str], others: Sequence[str], region: Region, of_report: bool = True
) -> list[Claim]:
    """Claim something of the difference in IoU between two groups of agents.

    Args:
        statement: true if the difference lies in the region, without a full stop.
        results: of the study.
        ours: the agents of the first group.
        others: the agents of the second group, whose IoU is subtracted.
        region: of the difference.
        of_report: whether the claim belongs to the report's finding.

    Returns:
        Two claims: after equal steps, on held-out images, and after equal wall time, in training.
    """
    steps = difference(
        statement,
        "difference of the final IoU on held-out images after equal steps",
        [results.held_out(agent) for agent in ours],
        [results.held_out(agent) for agent in others],
        region,
        of_report,
    )
    time = difference(
        statement,
        f"difference of the final IoU in training after equal wall time ({results.common_seconds() / 60:.2g} min)",
        [results.at_equal_time(agent) for agent in ours],
        [results.at_equal_time(agent) for agent in others],
        region,
        of_report,
    )
    return [steps, time]


def difference(
    statement: str, figure: str, strata: Strata, others: Strata, region: Region, of_report: bool = True
) -> Claim:
    """Claim something of the difference between two interquartile means."""
    value = interquartile_difference(strata, others)
    return Claim(statement, figure, value, difference_interval(strata, others), region, of_report)


def learnt(results: Results) -> Claim:
    """Claim that the best agent beats random pens; otherwise no agent has learnt, and they differ by chance alone."""
    sides = [(results.held_out(agent), results.baselines(agent)["random pens"]) for agent in results.agents]
    best, random = max(sides, key=lambda side: interquartile_difference([side[0]], [side[1]]))
    figure = "final IoU of the best on held-out images minus that of random pens"
    claim = difference("at least one of them learnt", figure, [best], [random], HIGHER, of_report=False)
    return replace(claim, needed=True)


def level(statement: str, figure: str, scores: Scores, region: Region, of_report: bool = True) -> Claim:
    """Claim something of an interquartile mean."""
    value, interval = float(interquartile_mean([scores])), interquartile_interval([scores])
    return Claim(statement, figure, value, interval, region, of_report)


def share_above(statement: str, figure: str, scores: Scores, threshold: float, region: Region) -> Claim:
    """Claim something of the share of runs x images that score above a threshold."""
    thresholds = np.array([threshold])
    interval = profile_interval([scores], thresholds)
    ends = None if interval is None else Interval(interval.low[0], interval.high[0])
    return Claim(statement, figure, float(performance_profile([scores], thresholds)[0]), ends, region)


def combine_verdicts(claims: Sequence[Claim]) -> Verdict:
    """Return the verdict on a finding: it held if all the report's claims held, and did not if one of them did not.

    It is inconclusive if a needed claim did not hold.
    """
    if any(claim.needed and claim.verdict != "held" for claim in claims):
        return "inconclusive"
    verdicts = [claim.verdict for claim in claims if claim.of_report]
    if not verdicts:
        return "not in the report"
    if "did not hold" in verdicts:
        return "did not hold"
    return "held" if all(verdict == "held" for verdict in verdicts) else "inconclusive"


def conclude(claims: Sequence[Claim]) -> str:
    """Return a sentence on whether the report's finding held."""
    verdict = combine_verdicts(claims)
    if verdict == "inconclusive":
        return "These runs are inconclusive about the report's finding."
    return f"The report's finding {verdict}."


def describe_claims(claims: Sequence[Claim]) -> str:
    """Return a sentence for each statement with its values, two sentences if their verdicts differ."""
    sentences: dict[str, list[str]] = {}
    for claim in claims:
        values = sentences.setdefault(f"{claim.verdict.capitalize()}: {claim.statement}", [])
        values.append(f"{claim.figure}: {_number(claim)}")
    return " ".join(f"{statement} ({'; '.join(values)})." for statement, values in sentences.items())


def _number(claim: Claim) -> str:
    if claim.interval is None:
        return f"{_rounded(claim.value)} (one run)"
    return f"{_rounded(claim.value)} [{_rounded(claim.interval.low)}, {_rounded(claim.interval.high)}]"


def _rounded(value: ArrayLike) -> str:
    number = round(float(np.asarray(value)), 3) + 0.0  # never -0.000
    return f"{number:.3f}" if abs(number) < 10 else f"{number:.1f}"
