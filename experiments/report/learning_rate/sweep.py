"""The sweep: the learning rate, once and doubled."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = "The report doubled the learning rate and reached 0.75 after 18 hours, no more than before."
ONCE: Final = "5e-4"
DOUBLED: Final = "1e-3"
SWEEP: Final = Sweep(
    variants={rate: f"{LEARNING} --learning-rate {rate}" for rate in (ONCE, DOUBLED)}, steps_an_hour=100_000
)
