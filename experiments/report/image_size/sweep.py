"""The sweep: the side of the image, and of what the agent sees, which is half of it."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = "The report went from small images to 256 x 256: the same 0.8."
SMALL: Final = "128 px"
LARGE: Final = "256 px"
SWEEP: Final = Sweep(
    variants={
        SMALL: f"{LEARNING} --step-len 9 --step-count 60 --image-size 128 --observation-size 64",
        LARGE: f"{LEARNING} --step-len 18 --step-count 60 --image-size 256 --observation-size 128",
    },
    steps_an_hour=60_000,
)
