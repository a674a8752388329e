"""The number of steps between two updates."""

from itertools import chain
from typing import Final

from cutout_rl.experiments.report.claims import SAME, Claim, compare, learnt
from cutout_rl.experiments.report.study import LEARNING, Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = "The report took 4, 8 and 16 times as many steps between two updates: slower, and no change."
ONCE: Final = "x1"
LARGER: Final = ("x4", "x8", "x16")
STEPS: Final = 32  # of each of 8 environments between two updates
SWEEP: Final = Sweep(
    variants={
        name: f"{LEARNING} --n-envs 8 --batch-size 256 --n-steps {STEPS * int(name[1:])}" for name in (ONCE, *LARGER)
    },
    steps_per_hour=50_000,
)


def claims(results: Results) -> list[Claim]:
    """Compare each larger epoch with the smallest."""
    changes = (compare(f"an epoch of {agent} changes nothing", results, [agent], [ONCE], SAME) for agent in LARGER)
    return [learnt(results), *chain.from_iterable(changes)]


STUDY: Final = trained_study("Epoch size", "section 4.3.2", FOUND, SWEEP, claims)
