"""Fewer and longer steps."""

from typing import Final

import numpy as np

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt, level
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = "The report took 30 steps of 18 px instead of 60 of 8 px: half the time, and the same 0.8."
SHORT: Final = "8 px x 60"
LONG: Final = "18 px x 30"
SWEEP: Final = Sweep(
    variants={
        SHORT: f"{LEARNING} --step-len 8 --step-count 60",
        LONG: f"{LEARNING} --step-len 18 --step-count 30",
    },
    steps_per_hour=100_000,
)
HALF: Final = (0.4, 0.6)


def claims(results: Results) -> list[Claim]:
    """Compare the time of an episode, and the scores."""
    steps = {agent: int(agent.split(" x ")[1]) for agent in (SHORT, LONG)}
    seconds = {agent: steps[agent] / results.rates(agent) for agent in steps}
    return [
        learnt(results),
        level(
            "an episode of long steps takes half the time",
            "time of an episode of long steps as a share of one of short steps",
            seconds[LONG] / np.mean(seconds[SHORT]),
            HALF,
        ),
        *compare("long steps score the same", results, [LONG], [SHORT], SAME),
    ]


STUDY: Final = trained_study("Step length", "figure 14", FOUND, SWEEP, claims)
