"""The feature extractors of policies on egocentric crops."""

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet


class _PatchesOfBytes(nn.Conv2d):
    """A convolution that scales its input from [0, 255] to [0, 1].

    Scaling the few weights instead of the crops halves the time of a gradient step.
    """

    def forward(self, input: Tensor) -> Tensor:
        convolved: Tensor = self._conv_forward(input, self.weight * (1 / 255), self.bias)
        return convolved


class CropNetwork(BaseFeaturesExtractor):
    """A small convolutional network for the crops of either pen, and a layer that joins both.

    Input: a dictionary of `crops`, (B, 2, 24, 24, channels) float32 in [0, 255], and `progress`, (B, 2) float32.
    Output: (B, features + 2) float32, with the progress last.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256) -> None:
        """Create the layers for an observation space from `asymmetric_space`."""
        super().__init__(observation_space, features + N_PROGRESS)
        crops = observation_space["crops"]
        assert isinstance(crops, spaces.Box)
        self._look = nn.Sequential(
            _PatchesOfBytes(crops.shape[-1], 24, 4, stride=4),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 32, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 3 * 3, 128),
            nn.ReLU(),
        )
        self._join = nn.Sequential(nn.Linear(2 * 128, features), nn.ReLU())

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Compute the features."""
        crops = observations["crops"]
        # The permuted crops stay channels-last in memory, which is the fastest layout for convolutions on a CPU.
        pens = crops.flatten(0, 1).permute(0, 3, 1, 2)
        joined = self._join(self._look(pens).reshape(len(crops), -1))
        return torch.cat([joined, observations["progress"]], dim=1)


class PriorCropNetwork(CropNetwork):
    """A `CropNetwork` on crops of an object prior.

    Attributes:
        object_net: predicts the prior from the whole image, once per episode (`PriorCrops`); it is trained on masks
            before the policy, and frozen.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256) -> None:
        """Create the layers for an observation space from `asymmetric_space`."""
        super().__init__(observation_space, features)
        self.object_net = ObjectPriorNet().requires_grad_(False)
