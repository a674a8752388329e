"""The network that looks at a game from where the pens are."""

from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.object_net import ObjectNet


class PenViewNetwork(BaseFeaturesExtractor):
    """One small convolutional network looks at both pens' views, and a layer joins what it saw.

    Input: (B, 2, 24, 24, 18), values in [0, 255], from `agents.pen_views.pen_views`. Output: (B, features_dim) float32.
    """

    def __init__(self, observation_space: spaces.Box, features_dim: int = 256) -> None:
        """Make the layers for an observation space of (2, 24, 24, channels)."""
        super().__init__(observation_space, features_dim)
        self._look = nn.Sequential(
            nn.Conv2d(observation_space.shape[-1], 24, 4, stride=4),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 32, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 3 * 3, 128),
            nn.ReLU(),
        )
        self._join = nn.Sequential(nn.Linear(2 * 128, features_dim), nn.ReLU())

    def forward(self, views: Tensor) -> Tensor:
        """Compute the features."""
        # Seen as channels first, the views lie channels last in memory, where convolutions on a CPU are fastest.
        pens = (views.flatten(0, 1) * (1 / 255)).permute(0, 3, 1, 2)
        features: Tensor = self._join(self._look(pens).unflatten(0, (-1, 2)).flatten(1))
        return features


class MappedViewNetwork(PenViewNetwork):
    """The same for views of a map of the object, which a network of its own draws of the whole image.

    Attributes:
        object_net: draws the map, once an image (`agents.mapped_views`); it learns from masks before the policy learns.
    """

    def __init__(self, observation_space: spaces.Box, features_dim: int = 256) -> None:
        """Make the layers for an observation space of (2, 24, 24, channels)."""
        super().__init__(observation_space, features_dim)
        self.object_net = ObjectNet().requires_grad_(False)
