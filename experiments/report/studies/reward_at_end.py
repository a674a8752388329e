"""One cut per episode instead of one per step: the IoU as the reward after every step, or once at the end."""

from math import inf
from typing import Final

import numpy as np

from cutout_rl.experiments.report.claims import LOWER, Claim, compare, learnt, level
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = (
    "The report cut once per episode instead of after every step: many more episodes in the same time, and an IoU of"
    " 0.6."
)
EACH_STEP: Final = "IoU after every step"
AT_END: Final = "IoU at the end"
OUR_EACH_STEP: Final = f"{EACH_STEP}, our cut"
OUR_AT_END: Final = f"{AT_END}, our cut"
SWEEP: Final = Sweep(
    # The textbook cut shows the cost of a cut; ours shows the effect of the reward, for with the textbook cut no agent
    # learns.
    variants={
        EACH_STEP: f"{LEARNING} --segmenter textbook --reward iou",
        AT_END: f"{LEARNING} --segmenter textbook --reward end",
        OUR_EACH_STEP: f"{LEARNING} --reward iou",
        OUR_AT_END: f"{LEARNING} --reward end",
    },
    steps_per_hour=80_000,
)
MANY_MORE: Final = 2.0  # times as many steps per second


def claims(results: Results) -> list[Claim]:
    """Compare speed and score."""
    slow = float(np.mean(results.rates(EACH_STEP)))
    return [
        learnt(results),
        level(
            "cutting once per episode gives many more episodes in the same time",
            f"steps/s as a multiple of the {slow:.0f} steps/s with a cut after every step",
            results.rates(AT_END) / slow,
            (MANY_MORE, inf),
        ),
        *compare("the IoU at the end scores lower with the textbook cut", results, [AT_END], [EACH_STEP], LOWER),
        *compare("the IoU at the end scores lower with our cut", results, [OUR_AT_END], [OUR_EACH_STEP], LOWER),
    ]


STUDY: Final = trained_study("Reward at the end", "section 4.3.2", FOUND, SWEEP, claims)
