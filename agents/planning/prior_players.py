"""What an object prior gives without planning: its threshold, and a script that traces it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.object_prior import EpisodePriors
from cutout_rl.game.game import Game
from cutout_rl.utils.threads import map_parallel


class PriorThreshold:
    """Predicts the pixels whose object prior is above one half; it draws no stroke."""

    label = "prior alone"

    def __init__(self, priors: EpisodePriors) -> None:
        """Use the priors of an agent."""
        self._priors = priors

    def predict_games(self, observations: NDArray[np.uint8], size: int) -> NDArray[np.bool_]:
        """Predict (N, size, size) bool masks from the (N, S, S, 5 or 6) uint8 first observations of games."""
        priors = self._priors(observations)
        return np.stack([cv2.resize(prior, (size, size), interpolation=cv2.INTER_LINEAR) > 127 for prior in priors])


class TracingPlayer:
    """The tracing expert with the thresholded object prior in the place of the ground truth."""

    label = "tracing the prior"
    sees_truth = False

    def __init__(self, priors: EpisodePriors) -> None:
        """Use the priors of an agent."""
        self._belief = PriorThreshold(priors)
        self._expert = TracingExpert()

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the expert's move in every game."""
        beliefs = self._belief.predict_games(observations, games[0].rules.image_size)
        return np.array(map_parallel(self._choose, games, beliefs), np.int64)

    def _choose(self, game: Game, belief: NDArray[np.bool_]) -> int:
        return int(self._expert.move_values(game.believing(belief)).argmax())
