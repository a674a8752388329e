"""The analysis: in which episodes do both pens come far, and do more moves score higher?"""

from math import inf

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, compare, learnt, share_above
from cutout_rl.experiments.report.results import Results
from cutout_rl.experiments.report.step_count.sweep import FEW, MANY, REAL_STROKE
from cutout_rl.experiments.report.trained import SPAN


def claims(results: Results) -> list[Claim]:
    """Count episodes of two real strokes, and compare many moves with few."""
    strokes = [
        share_above(
            f"{agent} {'let' if agent in MANY else 'do not let'} two real strokes form",
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
