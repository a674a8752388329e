"""A policy player that can also draw what its moves depended on."""

from collections.abc import Sequence
from pathlib import Path

from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.players.explanation import Moment, Picture


class IllustratedPolicyPlayer(PolicyPlayer):
    """A `PolicyPlayer` that is an `Illustrator` too."""

    def illustrate(self, moments: Sequence[Moment], folder: Path) -> Sequence[Picture]:
        """Draw saliency, field of view and activations into a folder."""
        # Imported here because Matplotlib takes a second to load, which play does not need.
        from cutout_rl.agents.explain.illustrations import illustrate

        return illustrate(self.policy, self.preprocess, moments, folder)
