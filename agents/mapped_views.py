"""Looking at a game from where the pens are, with a guess of where the object is."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.object_net import ObjectNet, guess_object
from agents.pen_views import mapped_pen_views

IMAGES_KEPT: Final = 1024


class MappedViews:
    """Turns observations into pen views with a map of the object, which is drawn once an image."""

    def __init__(self, object_net: ObjectNet) -> None:
        """Take the network that draws the maps; it may go on learning until the first image is looked at."""
        self._object_net = object_net
        # The image never changes within an episode.
        self._map = lru_cache(IMAGES_KEPT)(self._draw_map)

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (N, S, S, 5) uint8 observations into (N, 2, 24, 24, 21) uint8 views."""
        size = observations.shape[1]
        maps = np.stack([self._map(observation[..., :3].tobytes(), size) for observation in observations])
        return mapped_pen_views(observations, maps)

    def forget(self) -> None:
        """Draw every map anew."""
        self._map.cache_clear()

    def _draw_map(self, pixels: bytes, size: int) -> NDArray[np.uint8]:
        return guess_object(self._object_net, np.frombuffer(pixels, np.uint8).reshape(size, size, 3))
