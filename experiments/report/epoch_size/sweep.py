"""The sweep: how many steps are played between two updates."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = "The report played 4, 8 and 16 times as many steps between two updates: slower, and no change."
ONCE: Final = "x1"
LARGER: Final = ("x4", "x8", "x16")
STEPS: Final = 32  # of each of 8 games between two updates
SWEEP: Final = Sweep(
    variants={
        name: f"{LEARNING} --n-envs 8 --batch-size 256 --n-steps {STEPS * int(name[1:])}" for name in (ONCE, *LARGER)
    },
    steps_an_hour=50_000,
)
