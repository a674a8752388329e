"""The flags of the benchmark, and the games that they define."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cutout_rl.data.image_config import ClassNumber
from cutout_rl.data.reported_images import reported_images
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Index, Range, Seed, Steps


@dataclass(frozen=True)
class Arguments:
    """Train agents in several settings with several seeds, and compare them with baselines on held-out images.

    If interrupted, the same command resumes.
    """

    agents: tuple[str, ...] = ("ppo", "a2c")
    """Algorithms of cutout_rl.train with optional flags, such as "ppo --reward end", or classes of trained players,
    MODULE:CLASS (see docs/benchmark.md). A prefix "NAME: " sets the name in tables and figures; {seed} is replaced by
    the seed."""
    settings: tuple[str, ...] = ("18x30", "8x60")
    """Games, as STEP_LENxSTEP_COUNT: pixels that a pen moves per step, and steps per episode."""
    seeds: tuple[Seed, ...] = (0, 1, 2, 3, 4)
    """Seeds to train each agent with."""
    total_timesteps: Steps | None = None
    """Number of training steps of each run. Default: that of the algorithm."""
    minutes: Annotated[float | None, Range(0, above=True)] = None
    """Train each run for so many minutes instead."""
    jobs: Count = 1
    """Number of parallel runs, each in its own process."""
    ray: str | None = None
    """Run on a Ray cluster instead, one run per core: its address, "auto" for the cluster of this machine, or "here"
    for a new cluster on this machine alone (see docs/cluster.md)."""
    images: Count = 200
    """Number of images of the test split to evaluate on."""
    first: Index | None = None
    """Index of the first of them. Default: as for cutout_rl.evaluate."""
    oracle_images: Count = 20
    """Number of those images for the beam oracle, which is slow, and for full scribbles."""
    data: str = "faces"
    """Images: "faces", "objects", "markers", "grids", KIND:DIR of a set, or a folder with images/ and masks/."""
    masks: str | None = None
    """Kind of masks. Default: head, or masks."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of a folder number classes; 255 is void then."""
    image_size: int = 128
    """Side of the images, in pixels."""
    observation_size: int = 64
    """Side of the observations, in pixels."""
    out: Path = Path("results/benchmark")
    """Output folder: runs, scores, tables and figures."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        for name, values in (("agents", self.names()), ("settings", self.settings), ("seeds", self.seeds)):
            given = getattr(self, name)
            if not given or len(set(values)) < len(given):
                raise CutOutError(f"--{name} must name at least one, and none twice.")
        if self.minutes is not None and self.total_timesteps is not None:
            raise CutOutError("--minutes excludes --total-timesteps; give one of them.")
        for setting in self.settings:
            self.game(setting)

    def names(self) -> dict[str, str]:
        """Return the agents, algorithms with flags or classes, by their names in tables and figures."""
        split = [re.fullmatch(r"(?:([^:]+): )?(.+)", agent.strip()) for agent in self.agents]
        return {form[1] or form[2]: form[2] for form in split if form}

    def game(self, setting: str) -> GameConfig:
        """Return the game of a setting, on the test split.

        Raises:
            CutOutError: the setting is not of the form 18x30, or a value is invalid.
        """
        form = re.fullmatch(r"(\d+)x(\d+)", setting)
        if form is None:
            raise CutOutError(f"The setting {setting!r} is not STEP_LENxSTEP_COUNT, such as 18x30.")
        return GameConfig(
            data=self.data,
            masks=self.masks,
            masks_class=self.masks_class,
            split="test",
            image_size=self.image_size,
            observation_size=self.observation_size,
            step_len=int(form[1]),
            step_count=int(form[2]),
        )

    def indices(self) -> range:
        """Return the indices of the images in the test split.

        Raises:
            CutOutError: there are none, or they cannot be used.
        """
        source = self.game(self.settings[0]).open_source()
        return reported_images(self.data, "test", len(source), self.images, self.first)

    def same_for_all(self) -> dict[str, Any]:
        """Return the flags that every score in the folder depends on, JSON-able."""
        varying = ("agents", "settings", "seeds", "jobs", "ray", "out")
        return {name: value for name, value in vars(self).items() if name not in varying}
