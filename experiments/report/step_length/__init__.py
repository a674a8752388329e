"""Fewer and longer moves."""

from typing import Final

from cutout_rl.experiments.report.step_length.analysis import claims
from cutout_rl.experiments.report.step_length.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Step length", "figure 14", FOUND, SWEEP, claims)
