"""Which change broke the plateau, and by how much."""

from typing import Final

from experiments.report.ours.analysis import claims, conclude
from experiments.report.ours.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Ours", "not in the report", FOUND, SWEEP, claims, conclude)
