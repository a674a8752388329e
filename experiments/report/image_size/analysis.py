"""The analysis: do larger images change the score?"""

from experiments.report.claims import SAME, Claim, compare, learnt
from experiments.report.image_size.sweep import LARGE, SMALL
from experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare the two sizes."""
    return [learnt(results), *compare("images of 256 px score the same", results, [LARGE], [SMALL], SAME)]
