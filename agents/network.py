"""The network that looks at a game from where the pens are."""

from typing import Final

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn
from torch.nn import functional

CROP: Final = 24  # side of both crops, each in its own pixels
FINE_SIZE: Final = 64  # the fine crop shows the observation as if shrunk to about this side, the coarse one half
N_CHANNELS: Final = 6  # R, G, B, own scribble, other scribble, inside the image


class PenCentredCrops(BaseFeaturesExtractor):
    """Looks from where the pens are: crops at two scales centred on each pen's head, one small network for both pens.

    Input: (B, S, S, 5) uint8, the observation of kind "layers". Each pen sees the image, its own scribble, the other's
    scribble and where the image ends, at a fine and a coarse scale, and which pen it is.

    Output: (B, features_dim) float32.

    A view centred on the pen makes the network equivariant to where the pen stands, so that a stroke learnt in one
    corner is known in all; and it is cheap, since most of the image lies outside both crops.
    """

    def __init__(self, observation_space: spaces.Box, features_dim: int = 256) -> None:
        """Make the layers for an observation space of (S, S, 5)."""
        super().__init__(observation_space, features_dim)
        self._factor = max(1, observation_space.shape[0] // FINE_SIZE)
        self._look = nn.Sequential(
            nn.Conv2d(2 * N_CHANNELS + 1, 16, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 3 * 3, 128),
            nn.ReLU(),
        )
        self._join = nn.Sequential(nn.Linear(2 * 128 + 6, features_dim), nn.ReLU())

    def forward(self, observations: Tensor) -> Tensor:
        """Compute the features."""
        size = observations.shape[1]
        heads = find_heads(observations)
        views = []
        for pen in (0, 1):
            window = crop_around(observations, heads[:, pen], 2 * CROP * self._factor)
            window = window[:, [0, 1, 2, 3 + pen, 4 - pen, 5]]
            if self._factor > 1:
                window = functional.avg_pool2d(window, self._factor)
            fine = window[..., CROP // 2 : -CROP // 2, CROP // 2 : -CROP // 2]
            coarse = functional.avg_pool2d(window, 2)
            role = torch.full_like(fine[:, :1], float(pen))
            views.append(torch.cat([fine, coarse, role], dim=1))
        looks = self._look(torch.cat(views).contiguous(memory_format=torch.channels_last)).chunk(2)
        where = heads.flatten(1) * (2 / size) - 1
        ink = (observations[..., 3:] > 0).float().mean(dim=(1, 2)) * 10
        features: Tensor = self._join(torch.cat([*looks, where, ink], dim=1))
        return features


def find_heads(observations: Tensor) -> Tensor:
    """Find the pens' heads in (B, S, S, 5) observations, as the (B, 2, 2) int64 (row, column) of their first pixel."""
    size = observations.shape[1]
    first = observations[..., 3:].flatten(1, 2).argmax(dim=1)
    return torch.stack([first // size, first % size], dim=2)


def crop_around(observations: Tensor, centres: Tensor, side: int) -> Tensor:
    """Cut the square around a point out of each observation, with a channel that is 1 inside the image.

    Args:
        observations: (B, S, S, C) uint8.
        centres: (B, 2) int64, (row, column).
        side: of the square, in pixels, even.

    Returns:
        (B, C + 1, side, side) float32 in [0, 1], channels last in memory, 0 outside the image.
    """
    batch, size = observations.shape[:2]
    offset = torch.arange(side, device=observations.device) - side // 2
    positions = centres[:, :, None] + offset
    within = (positions >= 0) & (positions < size)
    positions = positions.clamp(0, size - 1)
    index = torch.arange(batch, device=observations.device)[:, None, None]
    crop = observations[index, positions[:, 0, :, None], positions[:, 1, None, :]]
    inside = (within[:, 0, :, None] & within[:, 1, None, :])[..., None]
    return (torch.cat([crop, torch.full_like(crop[..., :1], 255)], dim=3) * inside).permute(0, 3, 1, 2) / 255


class CropsPolicy(ActorCriticPolicy):
    """An actor and a critic on `PenCentredCrops`, which takes the pixels as they are."""

    def extract_features(  # type: ignore[override]  # as in SB3's own policy
        self, obs: Tensor, features_extractor: BaseFeaturesExtractor | None = None
    ) -> Tensor:
        """Compute the features without SB3's conversion of the whole observation to float."""
        features: Tensor = (features_extractor or self.features_extractor)(obs)
        return features
