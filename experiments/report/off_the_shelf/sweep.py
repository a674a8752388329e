"""The sweep: the report's recipe, by two algorithms."""

from typing import Final

from cutout_rl.experiments.report.study import Sweep

FOUND: Final = (
    "The report took a stock network, showed it the image with the scribbles drawn on, and saw no progress in 24 hours."
)
SWEEP: Final = Sweep(variants={"PPO": "--algo ppo", "A2C": "--algo a2c"}, steps_an_hour=50_000)
