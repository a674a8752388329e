"""The network that looks at a game from where the pens are."""

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS
from cutout_rl.agents.networks.object_prior_net import ObjectNet


class _PatchesOfBytes(nn.Conv2d):
    """A convolution of what lies in [0, 255] as if it lay in [0, 1].

    Scaling its few weights instead of the views halves the time that a gradient step takes.
    """

    def forward(self, input: Tensor) -> Tensor:
        convolved: Tensor = self._conv_forward(input, self.weight * (1 / 255), self.bias)
        return convolved


class CropNetwork(BaseFeaturesExtractor):
    """One small convolutional network looks at both pens' views, and a layer joins what it saw.

    Input: a dictionary of `crops`, (B, 2, 24, 24, channels) float32 in [0, 255], and `progress`, (B, 2) float32.
    Output: (B, features + 2) float32, with the progress last.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256) -> None:
        """Make the layers for an observation space of `cutout_rl.agents.networks.asymmetric_policy.asymmetric_space`."""
        super().__init__(observation_space, features + N_PROGRESS)
        views = observation_space["views"]
        assert isinstance(views, spaces.Box)
        self._look = nn.Sequential(
            _PatchesOfBytes(views.shape[-1], 24, 4, stride=4),
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
        views = observations["views"]
        # Seen as channels first, the views lie channels last in memory, where convolutions on a CPU are fastest.
        pens = views.flatten(0, 1).permute(0, 3, 1, 2)
        joined = self._join(self._look(pens).reshape(len(views), -1))
        return torch.cat([joined, observations["progress"]], dim=1)


class PriorCropNetwork(CropNetwork):
    """The same for views of a map of the object, which a network of its own draws of the whole image.

    Attributes:
        object_net: draws the map, once an episode (`cutout_rl.agents.networks.object_prior`); it learns from masks before the policy
            learns.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 256) -> None:
        """Make the layers for an observation space of `cutout_rl.agents.networks.asymmetric_policy.asymmetric_space`."""
        super().__init__(observation_space, features)
        self.object_net = ObjectNet().requires_grad_(False)
