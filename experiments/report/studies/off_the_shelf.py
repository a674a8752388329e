"""The report's recipe: a stock network that sees the image with the scribbles drawn on it."""

from typing import Final

from cutout_rl.experiments.report.claims import NO_HIGHER, Claim, difference
from cutout_rl.experiments.report.study import Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = (
    "The report trained a stock network on the image with the scribbles drawn on it; it made no progress in 24 hours."
)
SWEEP: Final = Sweep(variants={"PPO": "--algo ppo", "A2C": "--algo a2c"}, steps_per_hour=50_000)


def claims(results: Results) -> list[Claim]:
    """Compare each algorithm with random pens, which score as an untrained network does."""
    return [
        difference(
            f"a stock network that sees drawn-on scribbles makes no progress with {agent}",
            "final IoU on held-out images minus that of random pens",
            [results.held_out(agent)],
            [results.baselines(agent)["random pens"]],
            NO_HIGHER,
        )
        for agent in SWEEP.variants
    ]


STUDY: Final = trained_study("Off the shelf", "figure 11", FOUND, SWEEP, claims)
