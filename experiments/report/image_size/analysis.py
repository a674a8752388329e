"""The analysis: do larger images change the score?"""

from experiments.report.claims import SAME, Claim, compare
from experiments.report.image_size.sweep import LARGE, SMALL
from experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare the two sizes."""
    return compare("images of 256 px score the same", results, [LARGE], [SMALL], SAME)
