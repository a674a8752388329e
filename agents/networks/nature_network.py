"""The feature extractor of policies on the whole observation."""

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from torch import Tensor

from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS


class NatureNetwork(BaseFeaturesExtractor):
    """The stock CNN of Stable-Baselines3 (Mnih et al., Nature 2015), with the inputs of the critic of all networks.

    Input: a dictionary of `crops`, (B, C, S, S) uint8, the whole observation, and `progress`, (B, 2) float32.
    Output: (B, features + 2) float32, with the progress last.
    """

    def __init__(self, observation_space: spaces.Dict, features: int = 512) -> None:
        """Create the layers for an observation space from `asymmetric_space`."""
        super().__init__(observation_space, features + N_PROGRESS)
        self._cnn = NatureCNN(observation_space["actor"], features)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Compute the features."""
        return torch.cat([self._cnn(observations["actor"].float() / 255), observations["progress"]], dim=1)
