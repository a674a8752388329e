"""Larger images; the observation has half the side of the image."""

from typing import Final

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = "The report went from small images to 256 x 256: the same 0.8."
SMALL: Final = "128 px"
LARGE: Final = "256 px"
SWEEP: Final = Sweep(
    variants={
        SMALL: f"{LEARNING} --step-len 9 --step-count 60 --image-size 128 --observation-size 64",
        LARGE: f"{LEARNING} --step-len 18 --step-count 60 --image-size 256 --observation-size 128",
    },
    steps_per_hour=60_000,
)


def claims(results: Results) -> list[Claim]:
    """Compare the two sizes."""
    return [learnt(results), *compare("images of 256 px score the same", results, [LARGE], [SMALL], SAME)]


STUDY: Final = trained_study("Image size", "figure 15", FOUND, SWEEP, claims)
