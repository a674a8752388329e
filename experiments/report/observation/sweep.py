"""The sweep: three ways of showing the scribbles to the stock network, with a reward and a cut that let it learn."""

from typing import Final

from cutout_rl.experiments.report.study import Sweep

FOUND: Final = (
    "The report moved the scribbles from the image into two layers of their own, and the agent began to learn."
)
DRAWN_ON: Final = "drawn on the image"
TWO_LAYERS: Final = "two scribble layers"
HEADS: Final = "two layers, heads marked"
SWEEP: Final = Sweep(
    variants={
        name: f"--reward delta --segmenter graphcut --observation {kind}"
        for name, kind in ((DRAWN_ON, "overlay"), (TWO_LAYERS, "trails"), (HEADS, "layers"))
    },
    steps_an_hour=100_000,
)
