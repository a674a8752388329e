"""The analysis: does what was learnt beat pens that move at random?"""

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, difference
from cutout_rl.experiments.report.off_the_shelf.sweep import SWEEP
from cutout_rl.experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare each algorithm with random pens; an untrained network plays like them."""
    return [
        difference(
            f"a stock network shown drawn-on scribbles makes no progress by {agent}",
            "final IoU on held-out images less that of random pens",
            [results.held_out(agent)],
            [results.baselines(agent)["random pens"]],
            NO_HIGHER,
        )
        for agent in SWEEP.variants
    ]
