"""How much each study may cost."""

from dataclasses import dataclass
from typing import Final, Literal

BudgetName = Literal["smoke", "hour", "full"]


@dataclass(frozen=True)
class Budget:
    """What all studies share that are run for the same cost.

    Attributes:
        seeds: of the runs.
        hours: that a study takes on two cores; 0 for a look at whether it works.
        images: of the test split that everyone plays.
        flags: of `cutout_rl.train` that every run gets last.
    """

    seeds: tuple[int, ...]
    hours: int
    images: int
    flags: str

    def timesteps(self, an_hour: int) -> int:
        """Give the steps of a run, of which an hour on two cores allows so many."""
        return max(256, self.hours * an_hour)


BUDGETS: Final[dict[BudgetName, Budget]] = {
    "smoke": Budget(
        seeds=(0,),
        hours=0,
        images=2,
        flags="--image-size 40 --observation-size 36 --n-envs 2 --eval-images 1 --eval-every 256 --prior-images 4"
        " --prior-steps 1",
    ),
    "hour": Budget(seeds=(0, 1, 2), hours=1, images=100, flags="--eval-images 20"),
    "full": Budget(seeds=(0, 1, 2, 3, 4), hours=10, images=100, flags="--eval-images 50"),
}
