"""The analysis: do larger epochs learn more slowly, or score anything else in the end?"""

from itertools import chain

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt
from cutout_rl.experiments.report.epoch_size.sweep import LARGER, ONCE
from cutout_rl.experiments.report.results import Results


def claims(results: Results) -> list[Claim]:
    """Compare each larger epoch with the smallest."""
    changes = (compare(f"an epoch of {agent} changes nothing", results, [agent], [ONCE], SAME) for agent in LARGER)
    return [learnt(results), *chain.from_iterable(changes)]
