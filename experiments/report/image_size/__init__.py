"""Larger images."""

from typing import Final

from cutout_rl.experiments.report.image_size.analysis import claims
from cutout_rl.experiments.report.image_size.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Image size", "figure 15", FOUND, SWEEP, claims)
