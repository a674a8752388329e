"""Played episodes, kept for learning from their masks and scores."""

import zlib
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cutout_rl.agents.networks.object_prior_net import SIDE
from cutout_rl.utils.errors import CutOutError


class Episode(NamedTuple):
    """What an agent was given in an episode of T actions.

    Attributes:
        image: (64, 64, 3) uint8.
        starts: (2, 2) float32, (row, column) of the inside and the outside pen's start, in px of the image.
        masks: (T + 1, 64, 64) uint8, the shares of the pixels inside the mask from 0 to 255, from the start on.
        ious: (T + 1,) float32, the scores of the masks; NaN where the agent was not told.
    """

    image: NDArray[np.uint8]
    starts: NDArray[np.float32]
    masks: NDArray[np.uint8]
    ious: NDArray[np.float32]


class EpisodeBuffer:
    """The newest episodes; their masks are compressed, to about a twentieth."""

    def __init__(self, capacity: int) -> None:
        """Create an empty buffer of a number of episodes."""
        self._episodes: deque[tuple[Episode, bytes]] = deque(maxlen=capacity)

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self._episodes)

    def add(self, episode: Episode) -> None:
        """Store an episode in place of the oldest if the buffer is full."""
        masks = zlib.compress(episode.masks.tobytes(), level=1)
        self._episodes.append((episode._replace(masks=np.empty((0, SIDE, SIDE), np.uint8)), masks))

    def __getitem__(self, index: int) -> Episode:
        """Return the episode `index`, the oldest being 0."""
        episode, masks = self._episodes[index]
        shape = (len(episode.ious), SIDE, SIDE)
        return episode._replace(masks=np.frombuffer(zlib.decompress(masks), np.uint8).reshape(shape))

    def tensors(self) -> dict[str, Tensor]:
        """Return the content as tensors, for a checkpoint."""
        episodes = [episode for episode, _ in self._episodes]
        masks = [masks for _, masks in self._episodes]
        return {
            "images": _stack([episode.image for episode in episodes]),
            "starts": _stack([episode.starts for episode in episodes]),
            "lengths": torch.tensor([len(episode.ious) for episode in episodes], dtype=torch.int64),
            "ious": torch.as_tensor(np.concatenate([np.zeros(0, np.float32), *(e.ious for e in episodes)])),
            "mask_bytes": torch.tensor([len(mask) for mask in masks], dtype=torch.int64),
            "masks": torch.frombuffer(bytearray(b"".join(masks) or b"\0"), dtype=torch.uint8),
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore the result of `tensors`.

        Raises:
            CutOutError: it does not fit together.
        """
        try:
            content = tensors["masks"].numpy().tobytes()
            scores = np.split(tensors["ious"].numpy(), np.cumsum(tensors["lengths"].numpy()))
            ends = np.cumsum(tensors["mask_bytes"].numpy()).tolist()
            self._episodes.clear()
            for index, (first, last) in enumerate(zip([0, *ends], ends, strict=False)):
                image, starts = tensors["images"][index].numpy(), tensors["starts"][index].numpy()
                nothing = np.empty((0, SIDE, SIDE), np.uint8)
                self._episodes.append((Episode(image, starts, nothing, scores[index]), content[first:last]))
                assert self[index].masks.shape[0] == len(scores[index])
        except (KeyError, IndexError, ValueError, zlib.error) as error:
            raise CutOutError(f"The episodes in the checkpoint are damaged ({error}); train again.") from None


def _stack(arrays: list[NDArray[np.uint8]] | list[NDArray[np.float32]]) -> Tensor:
    return torch.as_tensor(np.stack(arrays)) if arrays else torch.zeros(0)
