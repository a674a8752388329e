"""Recording of the episodes that a batch of games plays."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cutout_rl.agents.networks.object_prior import find_starts
from cutout_rl.agents.networks.object_prior_net import SIDE, shrink
from cutout_rl.agents.training.episode_buffer import Episode, EpisodeBuffer


class EpisodeRecorder:
    """Assembles episodes from observations of kind "masked" and the IoUs in the infos; it reads nothing else."""

    def __init__(self, n_games: int, step_count: int, episodes: EpisodeBuffer) -> None:
        """Record games of at most `step_count` actions into a buffer."""
        self._episodes = episodes
        self._images = np.zeros((n_games, SIDE, SIDE, 3), np.uint8)
        self._starts = np.zeros((n_games, 2, 2), np.float32)
        self._masks = np.zeros((n_games, step_count + 1, SIDE, SIDE), np.uint8)
        self._ious = np.zeros((n_games, step_count + 1), np.float32)
        self._steps = np.zeros(n_games, np.int64)

    def begin(self, observations: NDArray[np.uint8], infos: Sequence[Mapping[str, Any]]) -> None:
        """Record the first observations of all games, (N, S, S, 6) uint8, and their infos."""
        self._begin(np.arange(len(observations)), observations, infos)

    def record(
        self,
        observations: NDArray[np.uint8],
        dones: NDArray[np.bool_],
        infos: Sequence[Mapping[str, Any]],
        reset_infos: Sequence[Mapping[str, Any]],
    ) -> None:
        """Record a step of all games.

        Args:
            observations: (N, S, S, 6) uint8; of a game that is over, the first of its next episode.
            dones: (N,) bool, whether a game is over.
            infos: of the step; that of a game that is over has its last observation as `terminal_observation`.
            reset_infos: of the newest reset of each game.
        """
        self._steps += 1
        for game, (observation, done, info) in enumerate(zip(observations, dones, infos, strict=True)):
            self._keep(game, info["terminal_observation"] if done else observation, info)
            if done:
                played = slice(None, self._steps[game] + 1)
                image, starts = self._images[game].copy(), self._starts[game].copy()
                self._episodes.add(Episode(image, starts, self._masks[game, played], self._ious[game, played].copy()))
        over = np.flatnonzero(dones)
        self._begin(over, observations[over], [reset_infos[game] for game in over.tolist()])

    def _begin(
        self, which: NDArray[np.int64], observations: NDArray[np.uint8], infos: Sequence[Mapping[str, Any]]
    ) -> None:
        if len(which):
            self._starts[which] = (find_starts(observations) + 0.5) * (SIDE / observations.shape[1]) - 0.5
        for game, observation, info in zip(which.tolist(), observations, infos, strict=True):
            self._steps[game] = 0
            self._images[game] = shrink(np.ascontiguousarray(observation[..., :3]))
            self._keep(game, observation, info)

    def _keep(self, game: int, observation: NDArray[np.uint8], info: Mapping[str, Any]) -> None:
        step = self._steps[game]
        self._masks[game, step] = shrink(np.ascontiguousarray(observation[..., 5]))
        self._ious[game, step] = info.get("iou", np.nan)

    def tensors(self) -> dict[str, Tensor]:
        """Return the episodes that are not over, for a checkpoint."""
        return {name: torch.tensor(array) for name, array in self._arrays().items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore the result of `tensors`."""
        for name, array in self._arrays().items():
            array[:] = tensors[name].numpy()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "images": self._images,
            "starts": self._starts,
            "masks": self._masks,
            "ious": self._ious,
            "steps": self._steps,
        }
