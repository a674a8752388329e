"""A stock network, shown the image with the scribbles drawn on."""

from typing import Final

from experiments.report.off_the_shelf.analysis import claims
from experiments.report.off_the_shelf.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Off the shelf", "figure 11", FOUND, SWEEP, claims)
