"""The analysis: does each algorithm gain more reward at the end than at the beginning?"""

from typing import Final

from cutout_rl.experiments.report.claims import HIGHER, Claim, difference
from cutout_rl.experiments.report.results import Results

FIRST: Final = "reward per 1000 moves, first tenth"
LAST: Final = "reward per 1000 moves, last tenth"


def claims(results: Results) -> list[Claim]:
    """Compare the last tenth of every training with its first."""
    return [
        difference(
            f"{agent} learns",
            "reward per 1000 moves in the last tenth of the training less that in the first",
            [results.held_out(agent, LAST)],
            [results.held_out(agent, FIRST)],
            HIGHER,
        )
        for agent in results.agents
    ]
