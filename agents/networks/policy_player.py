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
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.game.strokes import would_mark
from cutout_rl.players.explanation import ActionEstimates
from cutout_rl.utils.threads import map_games

_TINY: Final = 1e-12


class PolicyPlayer:
    """Plays by a policy's action probabilities; looks at the observations, and at what its own pens have drawn.

    A move that would draw nothing, because the head stands at the border or goes back along its own line, is not made
    as long as another draws: greedy play would swing to and fro for ever.
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
        """Take a policy.

        Args:
            policy: whose moves to make.
            preprocess: turns the game's observations into what the policy takes.
            name: of the agent; the label adds how it plays.
            deterministic: play the likeliest move (greedy) instead of drawing one (sampled).
            seed: of the draws.
        """
        self.label = f"{name}, {'greedy' if deterministic else 'sampled'}"
        self.policy = policy
        self.preprocess = preprocess
        self._deterministic = deterministic
        self._generator = torch.Generator().manual_seed(seed)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game."""
        return self.choose(self.preprocess(observations), games)

    def choose(self, views: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game from what the policy takes, where that has been made already."""
        probabilities = self._chances(views, games)
        if self._deterministic:
            return probabilities.argmax(dim=1).numpy()
        return torch.multinomial(probabilities, 1, generator=self._generator)[:, 0].numpy()

    def estimate_actions(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> ActionEstimates:
        """Tell how moves are chosen, those that draw nothing left out, and the policy's values."""
        views = self.preprocess(observations)
        probabilities = self._chances(views, games)
        with torch.no_grad():
            values = self.policy.predict_values(critic_input(self.policy, views, progress_of(games)))
        probabilities /= probabilities.sum(dim=1, keepdim=True)
        return ActionEstimates(probabilities.numpy(), values[:, 0].cpu().numpy())

    def _chances(self, views: NDArray[np.uint8], games: Sequence[Game]) -> torch.Tensor:
        probabilities = action_probabilities(self.policy, views)
        draws = torch.as_tensor(np.array(map_games(_draws, games)))
        # However sure the policy is of a move that draws nothing, the others keep their order and a sum above 0.
        probabilities[:, :N_MOVES] = (probabilities[:, :N_MOVES] + _TINY) * draws
        return probabilities


def _draws(game: Game) -> NDArray[np.bool_]:
    """Say which of the 16 moves would mark a pixel; all of them where none would."""
    draws = np.zeros(N_MOVES, np.bool_)
    for move in range(N_MOVES):
        pen, direction = divmod(move, N_DIRECTIONS)
        step, length = game.path(pen, direction)
        draws[move] = would_mark(game.labels, game.heads[pen], step, length, game.rules.pen_width)
    return draws | ~draws.any()
