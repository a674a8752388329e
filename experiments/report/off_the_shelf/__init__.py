"""A stock network, shown the image with the scribbles drawn on."""

from typing import Final

from cutout_rl.experiments.report.off_the_shelf.analysis import claims
from cutout_rl.experiments.report.off_the_shelf.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Off the shelf", "figure 11", FOUND, SWEEP, claims)
