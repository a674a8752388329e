"""The analysis: do larger images change the score?"""

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt
from cutout_rl.experiments.report.image_size.sweep import LARGE, SMALL
from cutout_rl.experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare the two sizes."""
    return [learnt(results), *compare("images of 256 px score the same", results, [LARGE], [SMALL], SAME)]
