"""Object priors of running episodes, and egocentric crops of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.networks.egocentric_crops import prior_crops
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet, predict_priors
from cutout_rl.game.observation import HEAD, START

EPISODES_KEPT: Final = 1024

PredictPriors = Callable[[NDArray[np.uint8], NDArray[np.float32]], Sequence[NDArray[np.uint8]]]
"""Predicts N of (S, S) uint8 priors from (N, S, S, 3) uint8 images and (N, 2, 2) float32 start points."""


class EpisodePriors:
    """The object priors of running episodes, each predicted once per episode."""

    def __init__(self, predict: PredictPriors) -> None:
        """Use a function; `forget` must follow if its network is trained after the first call."""
        self._predict = predict
        self._latest: tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]  # images, starts, priors
        self.forget()

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the priors, (N, S, S) uint8 from 0 to 255, for (N, S, S, 5 or 6) uint8 observations."""
        starts = find_starts(observations)
        images, starts_before, priors = self._latest
        if images.shape != (*observations.shape[:3], 3) or not _is_same(observations, images, starts, starts_before):
            images = np.ascontiguousarray(observations[..., :3])
            priors = self._look_up(images, starts)
            self._latest = images, starts, priors  # in one assignment, because threads may share the object
        return priors

    def forget(self) -> None:
        """Discard the kept priors."""
        self._kept: dict[bytes, NDArray[np.uint8]] = {}
        nothing = np.zeros((0, 0, 0), np.uint8)
        self._latest = nothing[..., None], np.zeros((0, 2, 2), np.float32), nothing

    def _look_up(self, images: NDArray[np.uint8], starts: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the priors, (N, S, S) uint8. Image and start points never change within an episode."""
        keys = [image.tobytes() + start.tobytes() for image, start in zip(images, starts, strict=True)]
        kept = self._kept
        found = {key: kept[key] for key in keys if key in kept}
        new = {key: i for i, key in enumerate(keys) if key not in found}
        which = list(new.values())
        found.update(zip(new, self._predict(images[which], starts[which]), strict=True))
        # The dictionary is replaced and never changed, because threads may share it.
        self._kept = dict(list({**kept, **found}.items())[-EPISODES_KEPT:])
        return np.stack([found[key] for key in keys])


def priors_of(object_net: ObjectPriorNet) -> EpisodePriors:
    """Return the priors that a network predicts."""
    return EpisodePriors(partial(predict_priors, object_net))


class PriorCrops:
    """Preprocessing of observations to crops of the object prior.

    Attributes:
        priors: of the running episodes.
    """

    def __init__(self, object_net: ObjectPriorNet) -> None:
        """Use the network of an object prior."""
        self.priors = priors_of(object_net)

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn (N, S, S, 5 or 6) uint8 observations into (N, 2, 24, 24, 12 or 15) uint8 crops."""
        return prior_crops(observations, self.priors(observations))


@numba.njit(cache=True, nogil=True)
def _is_same(
    observations: NDArray[np.uint8],
    images: NDArray[np.uint8],
    starts: NDArray[np.float32],
    starts_before: NDArray[np.float32],
) -> bool:
    for n in range(observations.shape[0]):
        for pen in range(2):
            for axis in range(2):
                if starts[n, pen, axis] != starts_before[n, pen, axis]:
                    return False
        for row in range(observations.shape[1]):
            for column in range(observations.shape[2]):
                for channel in range(3):
                    if observations[n, row, column, channel] != images[n, row, column, channel]:
                        return False
    return True


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
