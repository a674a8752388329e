"""Labelled steps, and the buffer of the newest ones."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelledBatch:
    """Steps of whole episodes with their targets.

    Attributes:
        inputs: (N, ...) uint8, preprocessed observations, the actor's inputs.
        progress: (N, 2) float32, the critic's further input
            (`cutout_rl.agents.networks.asymmetric_policy.progress_of`).
        masks: (N, actions) bool, False for actions that the loss leaves out (`Game.action_mask`).
        targets: (N, actions) float32, target probabilities of the actions; each row sums to 1, and is 0 where the mask
            is False.
        costs: (N, actions) float32, loss in value of each action against the best; 0 where it is unknown.
        returns: (N,) float32, discounted rewards from the step to the episode's end.
        episodes: the final IoU `iou` and the return `r` of each episode.
        history: JSON-able, what the source needs to label the same steps again.
    """

    inputs: NDArray[np.uint8]
    progress: NDArray[np.float32]
    masks: NDArray[np.bool_]
    targets: NDArray[np.float32]
    costs: NDArray[np.float32]
    returns: NDArray[np.float32]
    episodes: list[Mapping[str, Any]]
    history: Any = None


class ReplayBuffer:
    """A ring buffer of labelled steps; the newest replace the oldest."""

    def __init__(self, capacity: int) -> None:
        """Create an empty buffer; memory is allocated by the first `add`."""
        self._capacity = capacity
        self._arrays: list[NDArray[Any]] = []
        self._histories: deque[tuple[int, int, Any]] = deque()  # first step, end, and history of the stored batches
        self._added = 0

    def __len__(self) -> int:
        """Return the number of stored steps."""
        return min(self._added, self._capacity)

    def add(self, batch: LabelledBatch) -> None:
        """Store steps; of more than `capacity`, the last ones."""
        arrays = (batch.inputs, batch.progress, batch.masks, batch.targets, batch.costs, batch.returns)
        parts = [part[-self._capacity :] for part in arrays]
        if not self._arrays:
            self._arrays = [np.empty((self._capacity, *part.shape[1:]), part.dtype) for part in parts]
        places = (self._added + np.arange(len(parts[0]))) % self._capacity
        for array, part in zip(self._arrays, parts, strict=True):
            array[places] = part
        self._histories.append((self._added, self._added + len(places), batch.history))
        self._added += len(places)
        while self._histories[0][1] <= self._added - self._capacity:
            self._histories.popleft()

    def sample(self, n: int, rng: np.random.Generator) -> list[NDArray[Any]]:
        """Draw `n` steps with replacement: inputs, progress, masks, targets, costs and returns."""
        drawn = rng.integers(len(self), size=n)
        return [array[drawn] for array in self._arrays]

    def state(self) -> list[dict[str, Any]]:
        """Return the JSON-able histories of the stored steps, from which `restore` labels them again."""
        return [{"first": first, "history": history} for first, _, history in self._histories]

    def restore(self, state: Iterable[Mapping[str, Any]], label: Callable[[Any], LabelledBatch]) -> None:
        """Fill a new buffer with the steps of a `state`, in the same places.

        Args:
            state: of a buffer of the same capacity.
            label: labels the steps of a history.
        """
        for batch in state:
            self._added = batch["first"]
            self.add(label(batch["history"]))
