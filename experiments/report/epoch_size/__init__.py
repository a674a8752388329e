"""How many steps are played between two updates."""

from typing import Final

from experiments.report.epoch_size.analysis import claims
from experiments.report.epoch_size.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Epoch size", "section 4.3.2", FOUND, SWEEP, claims)
