"""How the scribbles are shown: drawn on the image, in layers, with the heads marked."""

from typing import Final

from cutout_rl.experiments.report.observation.analysis import claims
from cutout_rl.experiments.report.observation.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Observation", "figure 12", FOUND, SWEEP, claims)
