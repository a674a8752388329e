"""One cut per game instead of one per move."""

from typing import Final

from cutout_rl.experiments.report.reward_at_end.analysis import claims
from cutout_rl.experiments.report.reward_at_end.sweep import FOUND, SWEEP
from cutout_rl.experiments.report.trained import trained_study

STUDY: Final = trained_study("Reward at the end", "section 4.3.2", FOUND, SWEEP, claims)
