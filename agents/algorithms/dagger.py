"""Dataset aggregation (DAgger; Ross, Gordon and Bagnell, AISTATS 2011): the learner plays, the expert labels."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.asymmetric_policy import progress_of
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.data import DataSource
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.rules import STOP
from cutout_rl.utils.threads import map_parallel

MAX_COST: Final = 30.0  # px; the expert's values of moves on the wrong side are unbounded and would dominate the loss


class Dagger:
    """Games played by a mixture of expert and learner, every state of which the expert labels."""

    def __init__(self, config: BCConfig, policy: ActorCriticPolicy, preprocess: Preprocess, seed: int) -> None:
        """Open the images.

        Args:
            config: of the games, the expert and the mixture.
            policy: the learner.
            preprocess: turns observations into the policy's inputs.
            seed: of the games and the moves.

        Raises:
            CutOutError: the images cannot be used.
        """
        self._config = config
        self._preprocess = preprocess
        self._learner = PolicyPlayer(policy, preprocess, "learner", deterministic=False, seed=seed)
        self._expert = TracingExpert(watch_mask=config.expert == "tracing")
        self._batch = GameBatch(config.game_config(), config.n_envs)
        self._batch.reset([seed + i for i in range(config.n_envs)])
        self._rng = np.random.default_rng(seed)

    @property
    def images(self) -> DataSource:
        """The train split."""
        return self._batch.factory.source

    def next_batch(self, timesteps: int) -> LabelledBatch:
        """Play every game to its end, then start new ones.

        Args:
            timesteps: labelled so far; the expert's share of the moves depends on it.
        """
        config, batch = self._config, self._batch
        share = 1 - timesteps / config.expert_steps if timesteps < config.expert_steps else 0.0
        inputs, progress, labels, rewards = [], [], [], []
        while not batch.games[0].done:  # no game stops early here, so all end together
            preprocessed = self._preprocess(batch.observe())
            values = np.array(map_parallel(self._expert.move_values, batch.games))
            moves = self._learner.choose(preprocessed, batch.games)
            by_expert = (self._rng.random(len(moves)) < share) | (moves == STOP)
            moves = np.where(by_expert, values.argmax(axis=1), moves)
            inputs.append(preprocessed)
            progress.append(progress_of(batch.games))
            labels.append(expert_labels(values, config.temperature, config.stop_action))
            rewards.append([outcome.reward for outcome in batch.step(moves) if outcome])
        returns = discounted_returns(np.array(rewards), config.gamma)
        totals = np.sum(rewards, axis=0)
        episodes: list[Mapping[str, Any]] = [
            {"iou": game.iou, "r": total} for game, total in zip(batch.games, totals, strict=True)
        ]
        batch.restart(range(len(batch.games)))
        targets, costs = (np.concatenate(parts) for parts in zip(*labels, strict=True))
        return LabelledBatch(
            np.concatenate(inputs), np.concatenate(progress), targets, costs, returns.ravel(), episodes
        )


def expert_labels(
    values: NDArray[np.float32], temperature: float, stop_action: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the expert's action values into target probabilities and costs.

    Moves of equal value become equally likely; an argmax would favour the first of them.

    Args:
        values: (N, 16) float32, in pixels.
        temperature: of the softmax; 0 gives all probability to the first best move.
        stop_action: whether to add the stop action, with a value of one pixel.

    Returns:
        Two (N, 16 or 17) float32: probabilities, whose rows sum to 1, and costs against the best in [0, `MAX_COST`].
    """
    if stop_action:
        values = np.concatenate([values, np.ones((len(values), 1), np.float32)], axis=1)
    costs: NDArray[np.float32] = np.minimum(values.max(axis=1, keepdims=True) - values, np.float32(MAX_COST))
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
