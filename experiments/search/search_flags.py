"""The flags of the search."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cutout_rl.experiments.search.search_space import Space, Value, as_flags, boundary_points, parse_space
from cutout_rl.train import parse
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Seed, Steps


@dataclass(frozen=True)
class Arguments:
    """Search for the flags of cutout_rl.train with the highest IoU of an agent on the validation split.

    If interrupted, the same command resumes.
    """

    agent: str = "ppo"
    """Algorithm of cutout_rl.train with its fixed flags, such as "ppo --prior-from ppo-faces"."""
    search: tuple[str, ...] = (
        "learning-rate 1e-4..5e-3 log",
        "n-steps 32,64,128",
        "n-epochs 2..8",
        "clip-range 0.1..0.4",
        "ent-coef 1e-4..3e-2 log",
        "gamma 0.9..0.999",
    )
    """Flags to search over: NAME LOW..HIGH, a range, of integers if both bounds are integers; NAME LOW..HIGH log, on a
    logarithmic scale; NAME A,B,C, a choice."""
    trials: Count = 30
    """Total number of runs."""
    total_timesteps: Steps = 60_000
    """Number of training steps of each run."""
    validations: Count = 6
    """Number of validations of a run, at each of which it may be pruned."""
    prune: bool = True
    """Stop runs that are not among the best third after the same number of steps (asynchronous successive halving)."""
    seed: Seed = 0
    """Seed of every run, and of the search."""
    ray: str = "here"
    """Address of the Ray cluster, one run per core: HOST:PORT, "auto" for the cluster of this machine, or "here" for a
    new cluster on this machine alone (see docs/cluster.md)."""
    out: Path = Path("results/search")
    """Output folder: runs, trials.csv, trials.png and best.txt."""

    def __post_init__(self) -> None:
        """Check the values, those of the search at all bounds and choices.

        Raises:
            CutOutError: a value is invalid.
        """
        if not self.agent.split():
            raise CutOutError("--agent must name an algorithm.")
        for point in boundary_points(self.space):
            parse([*self.flags(point), *self.budget()])

    @cached_property
    def space(self) -> Space:
        """Flags to search over, with their values.

        Raises:
            CutOutError: --search is invalid.
        """
        return parse_space(self.search)

    def flags(self, point: Mapping[str, Value]) -> list[str]:
        """Return the flags of `cutout_rl.train` for a point of the space, without its budget and folder."""
        name, *own = shlex.split(self.agent)
        return ["--algo", name, *own, *as_flags(point), "--seed", str(self.seed)]

    def budget(self) -> list[str]:
        """Return the flags for the duration and the validations of a run."""
        every = max(1, self.total_timesteps // self.validations)
        return ["--total-timesteps", str(self.total_timesteps), "--eval-every", str(every), "--test-images", "0"]

    def same_for_all(self) -> dict[str, Any]:
        """Return the flags that every trial in the folder depends on, JSON-able."""
        values = {name: getattr(self, name) for name in ("agent", "total_timesteps", "validations", "prune", "seed")}
        return values | {"search": list(self.search)}
