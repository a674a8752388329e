"""How the scribbles are observed: drawn on the image, in layers, or in layers that mark the pens' positions."""

from typing import Final

from cutout_rl.experiments.report.claims import HIGHER, Claim, compare, learnt
from cutout_rl.experiments.report.study import Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = "The report moved the scribbles from the image into two layers of their own; the agent began to learn."
DRAWN_ON: Final = "drawn on the image"
TWO_LAYERS: Final = "two scribble layers"
HEADS_MARKED: Final = "two layers, heads marked"  # the pens' heads
# A stock network, with a reward and a cut with which it can learn.
SWEEP: Final = Sweep(
    variants={
        name: f"--reward delta --segmenter graphcut --observation {kind}"
        for name, kind in ((DRAWN_ON, "overlay"), (TWO_LAYERS, "trails"), (HEADS_MARKED, "layers"))
    },
    steps_per_hour=100_000,
)


def claims(results: Results) -> list[Claim]:
    """Compare each observation with the one before."""
    return [
        learnt(results),
        *compare("two scribble layers score higher than drawn-on scribbles", results, [TWO_LAYERS], [DRAWN_ON], HIGHER),
        *compare(
            "marking the pens' positions scores higher still",
            results,
            [HEADS_MARKED],
            [TWO_LAYERS],
            HIGHER,
            of_report=False,
        ),
    ]


STUDY: Final = trained_study("Observation", "figure 12", FOUND, SWEEP, claims)
