"""The sweep: how many moves an episode has."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = (
    "The report tried 16, 40, 60 and 100 steps: only 60 and 100 let two real strokes form, and the score was no better."
)
FEW: Final = ("16 steps", "40 steps")
MANY: Final = ("60 steps", "100 steps")
REAL_STROKE: Final = 0.5  # of the image's side, which both pens' spans must exceed
SWEEP: Final = Sweep(
    variants={name: f"{LEARNING} --step-count {name.split()[0]}" for name in (*FEW, *MANY)},
    steps_an_hour=50_000,
)
