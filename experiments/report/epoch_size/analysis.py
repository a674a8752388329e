"""The analysis: do larger epochs learn more slowly, or score anything else in the end?"""

from experiments.report.claims import SAME, Claim, compare
from experiments.report.epoch_size.sweep import LARGER, ONCE
from experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare each larger epoch with the smallest."""
    return [
        claim
        for agent in LARGER
        for claim in compare(f"an epoch of {agent} changes nothing", results, [agent], [ONCE], SAME)
    ]
