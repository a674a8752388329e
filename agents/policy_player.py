"""A trained policy as a player."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES


def action_probabilities(policy: ActorCriticPolicy, views: NDArray[np.uint8]) -> torch.Tensor:
    """Compute the (N, actions) float32 probabilities of every action, on the CPU, from what the network takes."""
    policy.set_training_mode(False)
    with torch.no_grad():
        distribution = policy.get_distribution(torch.as_tensor(views, device=policy.device))
    assert isinstance(distribution, CategoricalDistribution)
    probabilities: torch.Tensor = distribution.distribution.probs.cpu()
    return probabilities


class PolicyPlayer:
    """Plays by a policy's action probabilities; looks at the observations and its own pens only.

    A move whose head stands at the border already goes nowhere, and is not made.
    """

    sees_truth = False

    def __init__(
        self,
        policy: ActorCriticPolicy,
        look: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
        name: str,
        deterministic: bool,
        seed: int = 0,
    ) -> None:
        """Take a policy.

        Args:
            policy: whose moves to make.
            look: turns the game's observations into what the policy takes.
            name: of the agent; the label adds how it plays.
            deterministic: play the likeliest move (greedy) instead of drawing one (sampled).
            seed: of the draws.
        """
        self.label = f"{name}, {'greedy' if deterministic else 'sampled'}"
        self._policy = policy
        self._look = look
        self._deterministic = deterministic
        self._generator = torch.Generator().manual_seed(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game."""
        probabilities = self.probabilities(observations)
        probabilities[:, :N_MOVES] *= torch.as_tensor(np.array([_goes_somewhere(game) for game in games]))
        if self._deterministic:
            return probabilities.argmax(dim=1).numpy()
        return torch.multinomial(probabilities, 1, generator=self._generator)[:, 0].numpy()

    def probabilities(self, observations: NDArray[np.uint8]) -> torch.Tensor:
        """Compute the (N, actions) float32 probabilities of every action, on the CPU."""
        return action_probabilities(self._policy, self._look(observations))


def _goes_somewhere(game: Game) -> NDArray[np.bool_]:
    return np.array([game.path(*divmod(move, N_DIRECTIONS))[1] > 0 for move in range(N_MOVES)])
