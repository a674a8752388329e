"""A policy player that can also draw what its moves depended on, and show what its object prior gives alone."""

from collections.abc import Sequence
from pathlib import Path

from cutout_rl.agents.networks.object_prior import PriorCrops
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.agents.planning.prior_players import prior_references
from cutout_rl.players.explanation import Moment, Picture
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor


class IllustratedPolicyPlayer(PolicyPlayer):
    """A `PolicyPlayer` that is an `Illustrator` and a `ReferencedPlayer` too."""

    def references(self) -> Sequence[Player | GamePredictor]:
        """Return what the object prior gives without the policy, if there is one."""
        if not isinstance(self.preprocess, PriorCrops):
            return ()
        return prior_references(self.preprocess.priors)

    def illustrate(self, moments: Sequence[Moment], folder: Path) -> Sequence[Picture]:
        """Draw saliency, field of view and activations into a folder."""
        # Imported here because Matplotlib takes a second to load, which play does not need.
        from cutout_rl.agents.explain.illustrations import illustrate

        return illustrate(self.policy, self.preprocess, moments, folder)
