"""What an object prior gives without planning: its threshold, a cut that it guides, and a script that traces it."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.object_prior import EpisodePriors
from cutout_rl.agents.planning.labelled_cut import cut
from cutout_rl.game.game import Game
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.threads import map_parallel

_SURE: Final = 0.95  # probability above which, or below whose complement, a pixel is a label of the cut
_LEAST: Final = 1 / 512  # distance of a probability from 0 and 1; the priors are multiples of 1 / 255


class PriorThreshold:
    """Predicts the pixels whose object prior is above one half; it draws no stroke."""

    label = "prior alone"

    def __init__(self, priors: EpisodePriors) -> None:
        """Use the priors of an agent."""
        self._priors = priors

    def predict_games(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.bool_]:
        """Predict masks; see `cutout_rl.players.predictor.GamePredictor`."""
        size = games[0].rules.image_size
        return np.stack([_enlarge(prior, size) > 127 for prior in self._priors(observations)])


class PriorCut:
    """Predicts the object by a cut of the image that the object prior guides; it draws no stroke.

    The start points and the pixels of which the prior is sure are the labels of the cut, and the prior's log-odds its
    further unaries. The prior is of a coarser grid than the image; the contour of the cut follows the image's edges.
    """

    label = "prior and cut"

    def __init__(self, priors: EpisodePriors) -> None:
        """Use the priors of an agent."""
        self._priors = priors

    def predict_games(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.bool_]:
        """Predict masks; see `cutout_rl.players.predictor.GamePredictor`."""
        return np.stack(map_parallel(_cut_prior, self._priors(observations), games))


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
        return np.array(map_parallel(self._choose, games, self._belief.predict_games(observations, games)), np.int64)

    def _choose(self, game: Game, belief: NDArray[np.bool_]) -> int:
        return int(self._expert.move_values(game.believing(belief)).argmax())


def prior_references(priors: EpisodePriors) -> tuple[PriorThreshold, PriorCut, TracingPlayer]:
    """Return what object priors give without the agent that uses them, for its tables."""
    return PriorThreshold(priors), PriorCut(priors), TracingPlayer(priors)


def _cut_prior(prior: NDArray[np.uint8], game: Game) -> NDArray[np.bool_]:
    probability = _enlarge(prior, game.rules.image_size).astype(np.float32) / 255
    labels = np.zeros(probability.shape, np.uint8)
    labels[probability >= _SURE] = LABELLED_INSIDE
    labels[probability <= 1 - _SURE] = LABELLED_OUTSIDE
    for label, start in zip((LABELLED_INSIDE, LABELLED_OUTSIDE), game.starts, strict=True):
        labels[start] = label
    return cut(game.sample.image, labels, logit(probability.clip(_LEAST, 1 - _LEAST)))


def _enlarge(prior: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(prior, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
