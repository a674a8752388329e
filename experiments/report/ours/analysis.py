"""The analysis: what each change is worth, averaged over the others."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

from experiments.report.claims import HIGHER, Claim, compare
from experiments.report.ours.sweep import CUTS, NETWORKS, REWARDS, name_of
from experiments.report.results import Results

Combination = tuple[str, str, str]
TOGETHER: Final = "the three changes together help"


def claims(results: Results) -> list[Claim]:
    """Compare both sides of each change over all combinations of the others, then all changes together."""
    textbook, our_cut = CUTS
    stock, our_network = NETWORKS
    return [
        *_effect(results, "the change of the IoU as reward helps", lambda c: c[0] == "delta", lambda c: c[0] == "iou"),
        *_effect(results, "the IoU at the end as reward helps", lambda c: c[0] == "end", lambda c: c[0] == "iou"),
        *_effect(results, "our cut helps", lambda c: c[1] == our_cut, lambda c: c[1] == textbook),
        *_effect(results, "our network helps", lambda c: c[2] == our_network, lambda c: c[2] == stock),
        *_effect(
            results,
            TOGETHER,
            lambda c: c == ("delta", our_cut, our_network),
            lambda c: c == ("iou", textbook, stock),
        ),
    ]


def conclude(claims: Sequence[Claim]) -> str:
    """Name the change that is worth most after equal steps, of those that help."""
    single = [claim for claim in claims[::2] if claim.says != TOGETHER and claim.verdict == "held"]
    if not single:
        return "Which change broke the plateau cannot be told from these runs."
    most = max(single, key=lambda claim: claim.value)
    return f"So, averaged over the other two, most is gained because {most.says}: {most.value:+.3f} IoU."


def _effect(
    results: Results, says: str, ours: Callable[[Combination], bool], others: Callable[[Combination], bool]
) -> list[Claim]:
    changed, unchanged = (
        [name_of(*combination) for combination in product(REWARDS, CUTS, NETWORKS) if side(combination)]
        for side in (ours, others)
    )
    return compare(says, results, changed, unchanged, HIGHER, of_report=False)
