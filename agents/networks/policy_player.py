"""A trained policy as a player."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.asymmetric_policy import critic_input, progress_of
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES
from cutout_rl.players.explanation import ActionEstimates

_TINY: Final = 1e-12


class PolicyPlayer:
    """A player that acts by a policy's action probabilities.

    Moves that would label no pixel are excluded (`Game.action_mask`); greedy play would otherwise oscillate forever.

    Attributes:
        generator: of the sampled moves.
    """

    sees_truth = False

    def __init__(
        self,
        policy: ActorCriticPolicy,
        preprocess: Preprocess,
        name: str,
        deterministic: bool,
        seed: int = 0,
    ) -> None:
        """Use a policy.

        Args:
            policy: the policy.
            preprocess: turns observations into the policy's inputs.
            name: of the agent; the label adds "greedy" or "sampled".
            deterministic: choose the most probable move (greedy) instead of sampling one.
            seed: of the sampled moves.
        """
        self.label = f"{name}, {'greedy' if deterministic else 'sampled'}"
        self.policy = policy
        self.preprocess = preprocess
        self._deterministic = deterministic
        self.generator = torch.Generator().manual_seed(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game."""
        return self.choose(self.preprocess(observations), games)

    def choose(self, inputs: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game, from preprocessed observations."""
        probabilities = self._probabilities(inputs, games)
        if self._deterministic:
            return probabilities.argmax(dim=1).numpy()
        return torch.multinomial(probabilities, 1, generator=self.generator)[:, 0].numpy()

    def estimate_actions(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> ActionEstimates:
        """Compute the probabilities of the moves, without the excluded ones, and the values of the states."""
        inputs = self.preprocess(observations)
        probabilities = self._probabilities(inputs, games)
        with torch.no_grad():
            values = self.policy.predict_values(critic_input(self.policy, inputs, progress_of(games)))
        probabilities /= probabilities.sum(dim=1, keepdim=True)
        return ActionEstimates(probabilities.numpy(), values[:, 0].cpu().numpy())

    def _probabilities(self, inputs: NDArray[np.uint8], games: Sequence[Game]) -> torch.Tensor:
        probabilities = action_probabilities(self.policy, inputs)
        masks = torch.as_tensor(np.array([game.action_mask() for game in games]))
        # Even if excluded moves have all the probability, the others keep their order and a sum above 0.
        probabilities[:, :N_MOVES] = (probabilities[:, :N_MOVES] + _TINY) * masks[:, :N_MOVES]
        return probabilities
