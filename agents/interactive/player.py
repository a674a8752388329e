"""A player that plans strokes which agree with the interactive network."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from cutout_rl.agents.interactive.config import InteractiveConfig
from cutout_rl.agents.interactive.iou_estimate import calibrated, expected_overlap
from cutout_rl.agents.interactive.network import InteractiveNet
from cutout_rl.agents.interactive.object_estimator import ObjectEstimator
from cutout_rl.agents.networks.object_prior import EpisodePriors
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.agents.planning.labelled_cut import cut
from cutout_rl.agents.planning.planning_player import PlanningPlayer
from cutout_rl.agents.planning.prior_players import PriorThreshold
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.threads import map_parallel

_DOT_RADIUS: Final = 1 / 128  # of the side, of a start point


class InteractivePlayer(PlanningPlayer):
    """Plans strokes that agree with what the network takes for the object; a `ScribbleReader`.

    In a game, the network sees the image and the start points. On a person's image it sees their scribbles.
    """

    label = "interactive"

    def __init__(self, network: InteractiveNet, search: BeamSearch, least_gain: float) -> None:
        """Use a network and a search.

        Args:
            network: on any device.
            search: for the strokes.
            least_gain: in the estimated IoU of a person's mask that is worth strokes.
        """
        self.least_gain = least_gain
        self._estimator = ObjectEstimator(network)
        offset, slope, per_doubling = network.calibration.tolist()
        self._calibration = offset, slope, per_doubling
        priors = EpisodePriors(self._predict_priors)
        # PriorCut in its place ended no higher on validation photographs (0.590, not 0.592), and costs a cut a move.
        super().__init__(priors, search, PriorThreshold(priors))

    def estimate_object(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Estimate the object from scribbles; see `cutout_rl.players.scribble_reader.ScribbleReader`."""
        return self._estimator(image, labels, mask)

    def estimate_iou(self, log_odds: NDArray[np.float32], mask: NDArray[np.bool_], strokes: int) -> float:
        """Estimate the IoU of a mask; see `cutout_rl.players.scribble_reader.ScribbleReader`."""
        return calibrated(expected_overlap(log_odds, mask), strokes, self._calibration)

    def _predict_priors(self, images: NDArray[np.uint8], starts: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
        return map_parallel(self._predict_prior, images, starts)

    def _predict_prior(self, image: NDArray[np.uint8], starts: NDArray[np.float32]) -> NDArray[np.uint8]:
        labels = np.zeros(image.shape[:2], np.uint8)
        places = starts.round().astype(int).tolist()
        for label, (row, column) in zip((LABELLED_INSIDE, LABELLED_OUTSIDE), places, strict=True):
            dot = np.zeros_like(labels)
            cv2.circle(dot, (column, row), max(1, round(_DOT_RADIUS * len(labels))), 1, -1)
            labels[dot.astype(np.bool_) & (labels == 0)] = label
        log_odds = self._estimator(image, labels, cut(np.ascontiguousarray(image), labels))
        return np.asarray(np.rint(expit(log_odds) * 255), np.uint8)


def make_player(config: InteractiveConfig, network: InteractiveNet) -> InteractivePlayer:
    """Create the player of a network."""
    search = BeamSearch(config.search_depth, expert_moves=config.search_tracing, discount=config.search_discount)
    return InteractivePlayer(network, search, config.least_gain)
