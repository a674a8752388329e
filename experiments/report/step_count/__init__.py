"""How many moves an episode has."""

from typing import Final

from cutout_rl.experiments.report.step_count.analysis import claims
from cutout_rl.experiments.report.step_count.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Step count", "section 4.3.2", FOUND, SWEEP, claims)
