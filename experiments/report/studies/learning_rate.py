"""The learning rate, doubled."""

from typing import Final

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, compare, learnt
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = "The report doubled the learning rate and reached 0.75 after 18 hours, no more than before."
ONCE: Final = "5e-4"
DOUBLED: Final = "1e-3"
SWEEP: Final = Sweep(
    variants={rate: f"{LEARNING} --learning-rate {rate}" for rate in (ONCE, DOUBLED)}, steps_per_hour=100_000
)


def claims(results: Results) -> list[Claim]:
    """Compare the two rates."""
    return [
        learnt(results),
        *compare("a doubled learning rate scores no higher", results, [DOUBLED], [ONCE], NO_HIGHER),
    ]


STUDY: Final = trained_study("Learning rate", "figure 13", FOUND, SWEEP, claims)
