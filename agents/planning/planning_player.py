"""A player that searches, in copies of the game, for strokes that agree with its object prior."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.networks.object_prior import EpisodePriors
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.agents.planning.prior_players import prior_references
from cutout_rl.game.game import Game
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor
from cutout_rl.utils.threads import map_parallel

_LEAST_GAIN: Final = 1e-4  # of the IoU with the prior that is worth another stroke


class PlanningPlayer:
    """Tries plans in copies of the game, and makes the first move of the one that agrees best with the object prior.

    Plans are compared by the IoU of their mask with the believed object (`Game.believing`). The player stops when no
    plan is better than the mask it has.
    """

    label = "planner"
    sees_truth = False

    def __init__(self, priors: EpisodePriors, search: BeamSearch, belief: GamePredictor) -> None:
        """Use object priors, a search, and a belief.

        Args:
            priors: of the games.
            search: for plans.
            belief: predicts the object to agree with, from the priors.
        """
        self.priors = priors
        self._belief = belief
        self._search = search

    def references(self) -> Sequence[Player | GamePredictor]:
        """Return what the prior gives without planning."""
        return prior_references(self.priors)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the first move of the best plan in every game, or stop."""
        return self.act_on_beliefs(games, list(self._belief.predict_games(observations, games)))

    def act_on_beliefs(self, games: Sequence[Game], beliefs: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
        """Choose the first move of the best plan in every game, or stop, given the (S, S) bool mask to agree with."""
        return np.array(map_parallel(self._choose, games, beliefs), np.int64)

    def _choose(self, game: Game, belief: NDArray[np.bool_]) -> int:
        believing = game.believing(belief)
        plan = self._search.best_plan(believing)
        return plan.first if plan.iou > (believing.iou or 0.0) + _LEAST_GAIN else STOP
