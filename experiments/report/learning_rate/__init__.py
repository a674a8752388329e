"""The learning rate, doubled."""

from typing import Final

from cutout_rl.experiments.report.learning_rate.analysis import claims
from cutout_rl.experiments.report.learning_rate.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Learning rate", "figure 13", FOUND, SWEEP, claims)
