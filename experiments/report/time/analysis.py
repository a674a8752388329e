"""The analysis: which share of a training does the cut take?"""

from math import inf
from typing import Final

from cutout_rl.experiments.report.claims import Claim, level
from cutout_rl.experiments.report.results import Results
from cutout_rl.experiments.report.time.sweep import MOST, OURS, TEXTBOOK

CUT: Final = "cut, % of wall time"


def claims(results: Results) -> list[Claim]:
    """Compare the cut's share with the report's; ours is told beside it."""
    figure = "share of the cut in the wall time of PPO on one thread, in %"
    return [
        level("a textbook cut takes nine tenths of the time", figure, results.held_out(TEXTBOOK, CUT), MOST),
        level("our cut takes less than half", figure, results.held_out(OURS, CUT), (-inf, 50), of_report=False),
    ]
