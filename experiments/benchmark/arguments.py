"""The flags of the benchmark, and the games that follow from them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Train agents in several settings from several seeds, and compare them on held-out images beside the baselines.

    Started again, it skips what is finished and goes on with what is not.
    """

    agents: tuple[str, ...] = ("ppo", "a2c")
    """Algorithms of cutout_rl.train, each with flags of its own if it has any, as in "ppo --reward end"; or classes of
    players that are trained already, as MODULE:CLASS (see docs/benchmark.md). "NAME: " before one names it in tables
    and figures; {seed} in one becomes the seed."""
    settings: tuple[str, ...] = ("18x30", "8x60")
    """Games to play: pixels that a pen moves per step x steps in an episode."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Seeds to train each agent from."""
    total_timesteps: int | None = None
    """Steps to train each run for. Default: the algorithm's own."""
    minutes: float | None = None
    """Train each run for so many minutes instead."""
    jobs: int = 1
    """Runs at once, each in a process of its own."""
    ray: str | None = None
    """Do them on a Ray cluster instead, one on each of its cores: its address, "auto" for the one that this machine
    belongs to, or "here" for one of this machine alone (see docs/cluster.md)."""
    images: int = 100
    """Images of the test split that everyone plays."""
    oracle_images: int = 20
    """How many of them the slow beam oracle and the full scribbles are measured on."""
    data: str = "faces"
    """Images: "faces", "objects", "markers", "grids", KIND:DIR of a set, or a folder with images/ and masks/."""
    masks: str | None = None
    """Which masks. Default: head, or masks."""
    image_size: int = 128
    """Side of the images, in pixels, at which the cut is made."""
    observation_size: int = 64
    """Side of what agents see, in pixels."""
    out: Path = Path("results/benchmark")
    """Folder of the runs, the scores, the tables and the figures."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before anything is trained.

        Raises:
            CutOutError: a value does not fit.
        """
        for name, values in (("agents", self.names()), ("settings", self.settings), ("seeds", self.seeds)):
            given = getattr(self, name)
            if not given or len(set(values)) < len(given):
                raise CutOutError(f"--{name} must give at least one, and none twice.")
        for name in ("jobs", "images", "oracle_images"):
            if getattr(self, name) < 1:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least 1.")
        if self.minutes is not None and (self.total_timesteps is not None or not self.minutes > 0):
            raise CutOutError("--minutes must be above 0, and leaves no room for --total-timesteps; give one of them.")
        for setting in self.settings:
            self.game(setting)

    def names(self) -> dict[str, str]:
        """Give each agent, an algorithm with its flags or a class, by its name in tables and figures."""
        split = [re.fullmatch(r"(?:([^:]+): )?(.+)", agent.strip()) for agent in self.agents]
        return {form[1] or form[2]: form[2] for form in split if form}

    def game(self, setting: str) -> GameConfig:
        """Give the game of a setting, on the test split.

        Raises:
            CutOutError: it is not of the form 18x30, or a value does not fit.
        """
        form = re.fullmatch(r"(\d+)x(\d+)", setting)
        if form is None:
            raise CutOutError(f"The setting {setting!r} is not PIXELSxSTEPS, as in 18x30.")
        return GameConfig(
            data=self.data,
            masks=self.masks,
            split="test",
            image_size=self.image_size,
            observation_size=self.observation_size,
            step_len=int(form[1]),
            step_count=int(form[2]),
        )

    def same_for_all(self) -> dict[str, Any]:
        """Give what every score in the folder depends on, as JSON-able values."""
        varying = ("agents", "settings", "seeds", "jobs", "ray", "out")
        return {name: value for name, value in vars(self).items() if name not in varying}
