"""The learning rate, doubled."""

from typing import Final

from experiments.report.learning_rate.analysis import claims
from experiments.report.learning_rate.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Learning rate", "figure 13", FOUND, SWEEP, claims)
