"""The newest labelled steps, to learn from more than once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelledSteps:
    """Steps of whole episodes, and what should have been done in each.

    Attributes:
        views: (N, ...) uint8, what the actor sees.
        progress: (N, 2) float32, what the critic is told beside it (`cutout_rl.agents.networks.asymmetric_policy.progress_of`).
        targets: (N, actions) float32, how likely every action should be; each row sums to 1.
        costs: (N, actions) float32, what every action loses against the best; 0 where nobody knows.
        returns: (N,) float32, discounted rewards from the step to the episode's end.
        episodes: the final IoU `iou` and the return `r` of each episode.
    """

    views: NDArray[np.uint8]
    progress: NDArray[np.float32]
    targets: NDArray[np.float32]
    costs: NDArray[np.float32]
    returns: NDArray[np.float32]
    episodes: list[Mapping[str, Any]]


class Replay:
    """A ring of labelled steps: the newest take the place of the oldest."""

    def __init__(self, capacity: int) -> None:
        """Start empty; memory is taken as steps come in."""
        self._capacity = capacity
        self._arrays: list[NDArray[Any]] = []
        self._added = 0

    def __len__(self) -> int:
        """Count the steps kept."""
        return min(self._added, self._capacity)

    def add(self, steps: LabelledSteps) -> None:
        """Keep steps, of which no more than fit are looked at."""
        arrays = (steps.views, steps.progress, steps.targets, steps.costs, steps.returns)
        parts = [part[-self._capacity :] for part in arrays]
        if not self._arrays:
            self._arrays = [np.empty((self._capacity, *part.shape[1:]), part.dtype) for part in parts]
        places = (self._added + np.arange(len(parts[0]))) % self._capacity
        for array, part in zip(self._arrays, parts, strict=True):
            array[places] = part
        self._added += len(places)

    def sample(self, n: int, rng: np.random.Generator) -> list[NDArray[Any]]:
        """Draw `n` steps with replacement: views, progress, targets, costs and returns."""
        drawn = rng.integers(len(self), size=n)
        return [array[drawn] for array in self._arrays]
