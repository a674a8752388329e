"""Looking from where the pens are at a guess of where the object is."""

from functools import lru_cache
from itertools import repeat
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.networks.egocentric_crops import prior_crops
from cutout_rl.agents.networks.object_prior_net import ObjectNet, predict_prior
from cutout_rl.game.observation import HEAD, START
from cutout_rl.utils.threads import map_games

EPISODES_KEPT: Final = 1024


class PriorCrops:
    """Turns observations into pen views of a map of the object, which is drawn once an episode."""

    def __init__(self, object_net: ObjectNet) -> None:
        """Take the network that draws the maps; it may go on learning until the first observation is looked at."""
        self._object_net = object_net
        # Image and start points never change within an episode.
        self._map = lru_cache(EPISODES_KEPT)(self._draw_map)

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (N, S, S, 5 or 6) uint8 observations into (N, 2, 24, 24, 12 or 15) uint8 views."""
        size = observations.shape[1]
        starts = find_starts(observations)
        pixels = (observation[..., :3].tobytes() for observation in observations)
        points = (start.tobytes() for start in starts)
        maps = map_games(self._map, pixels, points, repeat(size, len(starts)))
        return prior_crops(observations, np.stack(maps))

    def forget(self) -> None:
        """Draw every map anew."""
        self._map.cache_clear()

    def _draw_map(self, pixels: bytes, points: bytes, size: int) -> NDArray[np.uint8]:
        image = np.frombuffer(pixels, np.uint8).reshape(size, size, 3)
        return predict_prior(self._object_net, image, np.frombuffer(points, np.float32).reshape(2, 2))


@numba.njit(cache=True, nogil=True)
def find_starts(observations: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Find the middles of the dots that the pens started with.

    Args:
        observations: (N, S, S, 5 or 6) uint8, of kind "layers" or "masked".

    Returns:
        (N, 2, 2) float32: of the inside and the outside pen (row, column), in px of the observation. A dot that lies
        all under its pen's head is where the head is.
    """
    starts = np.zeros((len(observations), 2, 2), np.float32)
    for n in range(len(observations)):
        for pen in range(2):
            if not _middle(observations[n, :, :, 3 + pen], START, starts[n, pen]):
                _middle(observations[n, :, :, 3 + pen], HEAD, starts[n, pen])
    return starts


@numba.njit(cache=True, nogil=True)
def _middle(layer: NDArray[np.uint8], mark: int, point: NDArray[np.float32]) -> bool:
    count, rows, columns = 0, 0, 0
    for row in range(layer.shape[0]):
        for column in range(layer.shape[1]):
            if layer[row, column] == mark:
                count += 1
                rows += row
                columns += column
    if count == 0:
        return False
    point[0] = rows / count
    point[1] = columns / count
    return True
