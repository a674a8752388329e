"""Which change broke the plateau, and by how much."""

from typing import Final

from cutout_rl.experiments.report.ours.analysis import claims, conclude
from cutout_rl.experiments.report.ours.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Ours", "not in the report", FOUND, SWEEP, claims, conclude)
