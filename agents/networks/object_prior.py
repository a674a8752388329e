"""Egocentric crops of an object prior."""

from functools import lru_cache
from itertools import repeat
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.networks.egocentric_crops import prior_crops
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet, predict_prior
from cutout_rl.game.observation import HEAD, START
from cutout_rl.utils.threads import map_parallel

EPISODES_KEPT: Final = 1024


class PriorCrops:
    """Preprocessing of observations to crops of the object prior, which is predicted once per episode."""

    def __init__(self, object_net: ObjectPriorNet) -> None:
        """Use a network, which must not be trained after the first call."""
        self._object_net = object_net
        # Image and start points never change within an episode.
        self._prior = lru_cache(EPISODES_KEPT)(self._predict)

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (N, S, S, 5 or 6) uint8 observations into (N, 2, 24, 24, 12 or 15) uint8 crops."""
        size = observations.shape[1]
        starts = find_starts(observations)
        pixels = (observation[..., :3].tobytes() for observation in observations)
        points = (start.tobytes() for start in starts)
        priors = map_parallel(self._prior, pixels, points, repeat(size, len(starts)))
        return prior_crops(observations, np.stack(priors))

    def forget(self) -> None:
        """Discard the cached priors."""
        self._prior.cache_clear()

    def _predict(self, pixels: bytes, points: bytes, size: int) -> NDArray[np.uint8]:
        image = np.frombuffer(pixels, np.uint8).reshape(size, size, 3)
        return predict_prior(self._object_net, image, np.frombuffer(points, np.float32).reshape(2, 2))


@numba.njit(cache=True, nogil=True)
def find_starts(observations: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Find the centres of the start points' dots.

    Args:
        observations: (N, S, S, 5 or 6) uint8, of kind "layers" or "masked".

    Returns:
        (N, 2, 2) float32, (row, column) of the inside and the outside pen, in px of the observation; where the pen's
        head hides the whole dot, the head's centre.
    """
    starts = np.zeros((len(observations), 2, 2), np.float32)
    for n in range(len(observations)):
        for pen in range(2):
            if not _centre(observations[n, :, :, 3 + pen], START, starts[n, pen]):
                _centre(observations[n, :, :, 3 + pen], HEAD, starts[n, pen])
    return starts


@numba.njit(cache=True, nogil=True)
def _centre(layer: NDArray[np.uint8], mark: int, point: NDArray[np.float32]) -> bool:
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
