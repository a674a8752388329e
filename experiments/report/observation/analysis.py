"""The analysis: do layers help, and do marked heads help beyond them?"""

from cutout_rl.experiments.report.claims import HIGHER, Claim, compare, learnt
from cutout_rl.experiments.report.observation.sweep import DRAWN_ON, HEADS, TWO_LAYERS
from cutout_rl.experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare each way of showing the scribbles with the one before."""
    return [
        learnt(results),
        *compare("two scribble layers do better than drawn-on scribbles", results, [TWO_LAYERS], [DRAWN_ON], HIGHER),
        *compare("marking the heads does better still", results, [HEADS], [TWO_LAYERS], HIGHER, of_report=False),
    ]
