"""How many steps are played between two updates."""

from typing import Final

from cutout_rl.experiments.report.epoch_size.analysis import claims
from cutout_rl.experiments.report.epoch_size.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Epoch size", "section 4.3.2", FOUND, SWEEP, claims)
