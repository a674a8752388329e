"""The number of steps in an episode."""

from math import inf
from typing import Final

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, compare, learnt, share_above
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import SPAN, trained_study

FOUND: Final = (
    "The report tried 16, 40, 60 and 100 steps: only 60 and 100 were enough for two real strokes, and scored no higher."
)
FEW: Final = ("16 steps", "40 steps")
MANY: Final = ("60 steps", "100 steps")
REAL_STROKE: Final = 0.5  # of the image's side; both pens' spans must exceed it
SWEEP: Final = Sweep(
    variants={name: f"{LEARNING} --step-count {name.split()[0]}" for name in (*FEW, *MANY)},
    steps_per_hour=50_000,
)


def claims(results: Results) -> list[Claim]:
    """Count episodes with two real strokes, and compare many steps with few."""
    strokes = [
        share_above(
            f"{agent} are {'enough' if agent in MANY else 'too few'} for two real strokes",
            f"share of held-out episodes in which both strokes span more than {REAL_STROKE:.0%} of the image",
            results.held_out(agent, SPAN),
            REAL_STROKE,
            (0.5, inf) if agent in MANY else (-inf, 0.5),
        )
        for agent in (*FEW, *MANY)
    ]
    return [
        learnt(results),
        *strokes,
        *compare("60 and 100 steps score no higher than 16 and 40", results, MANY, FEW, NO_HIGHER),
    ]


STUDY: Final = trained_study("Step count", "section 4.3.2", FOUND, SWEEP, claims)
