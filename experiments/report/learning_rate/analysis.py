"""The analysis: does the doubled rate score higher?"""

from experiments.report.claims import NO_HIGHER, Claim, compare, learnt
from experiments.report.learning_rate.sweep import DOUBLED, ONCE
from experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare the two rates."""
    return [
        learnt(results),
        *compare("a doubled learning rate scores no higher", results, [DOUBLED], [ONCE], NO_HIGHER),
    ]
