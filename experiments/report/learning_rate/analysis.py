"""The analysis: does the doubled rate score higher?"""

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, compare, learnt
from cutout_rl.experiments.report.learning_rate.sweep import DOUBLED, ONCE
from cutout_rl.experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare the two rates."""
    return [
        learnt(results),
        *compare("a doubled learning rate scores no higher", results, [DOUBLED], [ONCE], NO_HIGHER),
    ]
