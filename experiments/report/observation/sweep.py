"""The sweep: three ways of showing the scribbles to one network."""

from typing import Final

from experiments.report.study import Sweep

FOUND: Final = (
    "The report moved the scribbles from the image into two layers of their own, and the agent began to learn."
)
DRAWN_ON: Final = "drawn on the image"
TWO_LAYERS: Final = "two scribble layers"
HEADS: Final = "two layers, heads marked"
SWEEP: Final = Sweep(
    variants={
        DRAWN_ON: "--observation overlay",
        TWO_LAYERS: "--observation trails",
        HEADS: "--observation layers",
    },
    steps_an_hour=50_000,
)
