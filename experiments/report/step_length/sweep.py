"""The sweep: many short moves or fewer long ones."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = "The report took 30 steps of 18 px instead of 60 of 8 px: half the time, and the same 0.8."
SHORT: Final = "8 px x 60"
LONG: Final = "18 px x 30"
SWEEP: Final = Sweep(
    variants={
        SHORT: f"{LEARNING} --step-len 8 --step-count 60",
        LONG: f"{LEARNING} --step-len 18 --step-count 30",
    },
    steps_an_hour=100_000,
)
HALF: Final = (0.4, 0.6)
