"""The analysis: what does an episode cost, and does it score the same?"""

import numpy as np

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt, level
from cutout_rl.experiments.report.results import Results
from cutout_rl.experiments.report.step_length.sweep import HALF, LONG, SHORT


def claims(results: Results) -> list[Claim]:
    """Compare the time of an episode, and the scores."""
    steps = {agent: int(agent.split(" x ")[1]) for agent in (SHORT, LONG)}
    seconds = {agent: steps[agent] / results.rates(agent) for agent in steps}
    return [
        learnt(results),
        level(
            "long moves take half the time",
            "time of an episode of long moves as a share of one of short moves",
            seconds[LONG] / np.mean(seconds[SHORT]),
            HALF,
        ),
        *compare("long moves score the same", results, [LONG], [SHORT], SAME),
    ]
