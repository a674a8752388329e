"""The flags of the search."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cutout_rl.experiments.search.space import Space, Value, as_flags, ends_of, parse_space
from cutout_rl.train import parse
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Search for the flags of cutout_rl.train with which an agent does best on the validation split.

    Started again, it skips what is finished and goes on with what is not.
    """

    agent: str = "ppo"
    """Algorithm of cutout_rl.train, with the flags that stay as they are, as in "ppo --prior-from ppo-faces"."""
    search: tuple[str, ...] = (
        "learning-rate 1e-4..5e-3 log",
        "n-steps 32,64,128",
        "n-epochs 2..8",
        "clip-range 0.1..0.4",
        "ent-coef 1e-4..3e-2 log",
        "gamma 0.9..0.999",
    )
    """Flags to search over: NAME LOW..HIGH, a range (of whole numbers if both ends are), with "log" behind it on a
    logarithmic scale, or NAME A,B,C, a choice."""
    trials: int = 30
    """Runs in all."""
    total_timesteps: int = 60_000
    """Steps to train each run for."""
    validations: int = 6
    """How often a run is validated in that time, and may be given up."""
    prune: bool = True
    """Give up runs that are not among the best third after as many steps (asynchronous successive halving)."""
    seed: int = 0
    """Seed of every run, and of the search."""
    ray: str = "here"
    """Address of the Ray cluster whose every core takes a run: HOST:PORT, "auto" for the one that this machine belongs
    to, or "here" for one of this machine alone (see docs/cluster.md)."""
    out: Path = Path("results/search")
    """Folder of the runs, trials.csv, trials.png and best.txt."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before anything is trained.

        Raises:
            CutOutError: a value does not fit.
        """
        for name in ("trials", "total_timesteps", "validations"):
            if getattr(self, name) < 1:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least 1.")
        if not self.agent.split():
            raise CutOutError("--agent must name an algorithm.")
        for ends in ends_of(self.space):
            parse([*self.flags(ends), *self.budget()])

    @cached_property
    def space(self) -> Space:
        """What is searched.

        Raises:
            CutOutError: it cannot be read.
        """
        return parse_space(self.search)

    def flags(self, point: Mapping[str, Value]) -> list[str]:
        """Give the flags of `cutout_rl.train` for a point of the space, without its budget and folder."""
        name, *own = shlex.split(self.agent)
        return ["--algo", name, *own, *as_flags(point), "--seed", str(self.seed)]

    def budget(self) -> list[str]:
        """Give the flags that say how long a run is trained, and when it is validated."""
        every = max(1, self.total_timesteps // self.validations)
        return ["--total-timesteps", str(self.total_timesteps), "--eval-every", str(every), "--test-images", "0"]

    def same_for_all(self) -> dict[str, Any]:
        """Give what every trial in the folder depends on, JSON-able."""
        values = {name: getattr(self, name) for name in ("agent", "total_timesteps", "validations", "prune", "seed")}
        return values | {"search": list(self.search)}
