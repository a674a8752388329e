"""The feature extractors of policies on egocentric crops."""

import numba
import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet


class _PatchesOfBytes(nn.Conv2d):
    """A convolution of patches that do not overlap, which scales its input from [0, 255] to [0, 1].

    Input: (B, H, W, C) uint8. Output: (B, channels, H / side, W / side) float32, channels-last in memory.
    On a CPU a product of matrices takes less time than the conversion of the input and its convolution.
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.device.type != "cpu":
            return super().forward(input.permute(0, 3, 1, 2).float() / 255)
        batch, height, width, channels = input.shape
        side = self.kernel_size[0]
        # Torch's memory is aligned, without which the last bits of a product would vary from run to run.
        patches = torch.empty((batch, height // side, width // side, side, side * channels))
        _cut_patches(input.numpy(), patches.numpy())
        # Scaling the few weights takes less than scaling the input.
        weights = self.weight.permute(0, 2, 3, 1).flatten(1) * (1 / 255)
        convolved = functional.linear(patches.flatten(3), weights, self.bias)
        return convolved.permute(0, 3, 1, 2)


@numba.njit(cache=True, nogil=True)
def _cut_patches(images: NDArray[np.uint8], patches: NDArray[np.float32]) -> None:
    """Copy (B, H, W, C) images to squares of s x s pixels: (B, H / s, W / s, s, s * C)."""
    batch, rows, columns, side, length = patches.shape
    lines = images.reshape(batch, rows, side, columns, length)
    for n in range(batch):
        for row in range(rows):
            for line in range(side):
                for column in range(columns):
                    source, target = lines[n, row, line, column], patches[n, row, column, line]
                    for k in range(length):
                        target[k] = source[k]


class CropNetwork(BaseFeaturesExtractor):
    """A small convolutional network for the crops of either pen, and a layer that joins both.

    Input: a dictionary of `crops`, (B, 2, 24, 24, channels) uint8, and `progress`, (B, 2) float32.
    Output: (B, features + 2) float32, with the progress last; (B, 2 * features + 2) if the critic has its own layers,
    the actor's features first.

    Attributes:
        n_actor: number of the actor's features.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256, own_critic: bool = False) -> None:
        """Create the layers for an observation space from `asymmetric_space`; `own_critic` gives the critic its own."""
        super().__init__(observation_space, (2 if own_critic else 1) * features + N_PROGRESS)
        crops = observation_space["actor"]
        assert isinstance(crops, spaces.Box)
        self.n_actor = features
        self._look = _look(crops.shape[-1])
        self._join = _join(features)
        self._critic = nn.ModuleList([_look(crops.shape[-1]), _join(features)]) if own_critic else None

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Compute the features."""
        crops = observations["actor"]
        seen = crops.flatten(0, 1)
        features = [self._join(self._look(seen).reshape(len(crops), -1))]
        if self._critic is not None:
            look, join = self._critic
            features.append(join(look(seen).reshape(len(crops), -1)))
        return torch.cat([*features, observations["progress"]], dim=1)


def _look(channels: int) -> nn.Sequential:
    return nn.Sequential(
        _PatchesOfBytes(channels, 24, 4, stride=4),
        nn.ReLU(),
        nn.Conv2d(24, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 32, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 3 * 3, 128),
        nn.ReLU(),
    )


def _join(features: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2 * 128, features), nn.ReLU())


class PriorCropNetwork(CropNetwork):
    """A `CropNetwork` on crops of an object prior.

    Attributes:
        object_net: predicts the prior from the whole image, once per episode (`PriorCrops`); the policy's optimizer
            leaves it alone.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256, own_critic: bool = False) -> None:
        """Create the layers; arguments as of `CropNetwork`."""
        super().__init__(observation_space, features, own_critic)
        self.object_net = ObjectPriorNet().requires_grad_(False)
