"""Fewer and longer moves."""

from typing import Final

from experiments.report.step_length.analysis import claims
from experiments.report.step_length.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Step length", "figure 14", FOUND, SWEEP, claims)
