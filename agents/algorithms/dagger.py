"""Dataset aggregation (Ross, Gordon and Bagnell, AISTATS 2011): the learner plays, the expert says what was right."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.replay import LabelledSteps
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.asymmetric_policy import progress_of
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.data import DataSource
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.rules import STOP
from cutout_rl.utils.threads import map_games

# px; a move on the wrong side costs so much. The expert's own price is without bounds and would drown all else.
MOST_COST: Final = 30.0


class Dagger:
    """Plays games by a mixture of expert and learner, and has the expert label every state they get into."""

    def __init__(self, config: BCConfig, policy: ActorCriticPolicy, seed: int) -> None:
        """Open the images.

        Args:
            config: of the games, the expert and the mixture.
            policy: the learner.
            seed: of the games and the moves.

        Raises:
            CutOutError: the images cannot be used.
        """
        self._config = config
        self._preprocess = config.preprocess_for(policy)
        self._learner = PolicyPlayer(policy, self._preprocess, "learner", deterministic=False, seed=seed)
        self._expert = TracingExpert(watch_mask=config.expert == "tracing")
        self._batch = GameBatch(config.game_config(), config.n_envs)
        self._batch.reset([seed + i for i in range(config.n_envs)])
        self._rng = np.random.default_rng(seed)

    @property
    def images(self) -> DataSource:
        """The train split."""
        return self._batch.factory.source

    def next_steps(self, timesteps: int) -> LabelledSteps:
        """Play every game to its end, and deal it anew.

        Args:
            timesteps: labelled so far, on which the expert's share depends.
        """
        config, batch = self._config, self._batch
        share = 1 - timesteps / config.expert_steps if timesteps < config.expert_steps else 0.0
        views, progress, lessons, rewards = [], [], [], []
        while not batch.games[0].done:  # nobody leaves here, so that all games end together
            seen = self._preprocess(batch.observe())
            values = np.array(map_games(self._expert.move_values, batch.games))
            moves = self._learner.choose(seen, batch.games)
            taught = (self._rng.random(len(moves)) < share) | (moves == STOP)
            moves = np.where(taught, values.argmax(axis=1), moves)
            views.append(seen)
            progress.append(progress_of(batch.games))
            lessons.append(lesson(values, config.temperature, config.stop_action))
            rewards.append([outcome.reward for outcome in batch.step(moves) if outcome])
        returns = discounted_returns(np.array(rewards), config.gamma)
        totals = np.sum(rewards, axis=0)
        episodes: list[Mapping[str, Any]] = [
            {"iou": game.iou, "r": total} for game, total in zip(batch.games, totals, strict=True)
        ]
        batch.restart(range(len(batch.games)))
        targets, costs = (np.concatenate(parts) for parts in zip(*lessons, strict=True))
        return LabelledSteps(np.concatenate(views), np.concatenate(progress), targets, costs, returns.ravel(), episodes)


def lesson(
    values: NDArray[np.float32], temperature: float, stop_action: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn a expert's values of moves into how likely a learner should make each, and what each costs.

    Moves of equal value become equally likely, where an argmax would ask the learner to guess the first one.

    Args:
        values: (N, 16) float32, in pixels served.
        temperature: of the softmax; 0 gives all to the first best move.
        stop_action: whether to add the action that stops, which is worth as much as serving one pixel.

    Returns:
        Two (N, 16 or 17) float32: probabilities, whose rows sum to 1, and costs against the best in [0, `MOST_COST`].
    """
    if stop_action:
        values = np.concatenate([values, np.ones((len(values), 1), np.float32)], axis=1)
    costs: NDArray[np.float32] = np.minimum(values.max(axis=1, keepdims=True) - values, np.float32(MOST_COST))
    targets: NDArray[np.float32]
    if temperature == 0:
        targets = np.eye(values.shape[1], dtype=np.float32)[values.argmax(axis=1)]
    else:
        targets = softmax(values / temperature, axis=1)
    return targets, costs


def discounted_returns(rewards: NDArray[np.float64], gamma: float) -> NDArray[np.float32]:
    """Sum the (T, N) rewards from each step to the end, discounted, as (T, N) float32."""
    returns = np.zeros(rewards.shape, np.float32)
    following = np.zeros(rewards.shape[1])
    for step in reversed(range(len(rewards))):
        following = rewards[step] + gamma * following
        returns[step] = following
    return returns
