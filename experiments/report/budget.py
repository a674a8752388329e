"""The budgets of the studies."""

from dataclasses import dataclass
from typing import Final, Literal

from cutout_rl.data import Split

# The studies sweep settings, and what chose a setting is never what is reported.
SPLIT: Final[Split] = "val"
FIRST: Final = 1000
BudgetName = Literal["smoke", "hour", "full"]


@dataclass(frozen=True)
class Budget:
    """The settings that all studies of one budget share.

    Attributes:
        seeds: of the runs.
        hours: duration of a study on two cores; 0 for a smoke test.
        images: number of images of the validation split to evaluate on.
        flags: of `cutout_rl.train`, appended to those of every run.
    """

    seeds: tuple[int, ...]
    hours: int
    images: int
    flags: str

    def timesteps(self, per_hour: int) -> int:
        """Return the steps of a run that has `per_hour` steps in an hour's budget."""
        return max(256, self.hours * per_hour)

    def indices(self) -> range:
        """Return the indices of the images in their split; the first ones have selected the weights of each run."""
        return range(FIRST, FIRST + self.images)


BUDGETS: Final[dict[BudgetName, Budget]] = {
    "smoke": Budget(
        seeds=(0,),
        hours=0,
        images=2,
        flags="--image-size 40 --observation-size 36 --n-envs 2 --eval-images 1 --eval-every 256 --prior-episodes 4"
        " --prior-steps 1",
    ),
    "hour": Budget(seeds=(0, 1, 2), hours=1, images=100, flags="--eval-images 20"),
    "full": Budget(seeds=(0, 1, 2, 3, 4), hours=10, images=100, flags="--eval-images 50"),
}
