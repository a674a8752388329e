"""The analysis: how much faster are games that are cut once, and is what they teach worse?"""

from math import inf

import numpy as np

from cutout_rl.experiments.report.claims import LOWER, Claim, compare, learnt, level
from cutout_rl.experiments.report.results import Results
from cutout_rl.experiments.report.reward_at_end.sweep import AT_END, EACH_STEP, MANY_MORE, OUR_AT_END, OUR_EACH_STEP


def claims(results: Results) -> list[Claim]:
    """Compare speed and score."""
    slow = float(np.mean(results.rates(EACH_STEP)))
    return [
        learnt(results),
        level(
            "cutting once per game gives many more epochs in the same time",
            f"steps/s as a multiple of the {slow:.0f} steps/s with a cut after every move",
            results.rates(AT_END) / slow,
            (MANY_MORE, inf),
        ),
        *compare("the IoU at the end alone teaches less by the textbook cut", results, [AT_END], [EACH_STEP], LOWER),
        *compare("the IoU at the end alone teaches less by our cut", results, [OUR_AT_END], [OUR_EACH_STEP], LOWER),
    ]
