"""Dataset aggregation (DAgger; Ross, Gordon and Bagnell, AISTATS 2011): the learner plays, the expert labels."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.asymmetric_policy import progress_of
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.agents.training.seeds import Stream, game_seeds, generator, stream_seed
from cutout_rl.data import DataSource
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.rules import N_MOVES, STOP
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
            seed: of the training.

        Raises:
            CutOutError: the images cannot be used.
        """
        self._config = config
        self._preprocess = preprocess
        moves = stream_seed(seed, Stream.MOVES)
        self._learner = PolicyPlayer(policy, preprocess, "learner", deterministic=False, seed=moves)
        self._expert = TracingExpert(watch_mask=config.expert == "tracing")
        self._batch = GameBatch(config.game_config(), config.n_envs)
        self._batch.reset(game_seeds(seed, config.n_envs))
        self._rng = generator(seed, Stream.EXPERT_SHARE)

    @property
    def images(self) -> DataSource:
        """The train split."""
        return self._batch.factory.source

    def next_batch(self, timesteps: int) -> LabelledBatch:
        """Play every game to its end, then start new ones.

        Args:
            timesteps: labelled so far; the expert's share of the moves depends on it.
        """
        shared = self._config.expert_steps
        share = 1 - timesteps / shared if timesteps < shared else 0.0

        def choose(inputs: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.int64]:
            moves = self._learner.choose(inputs, self._batch.games)
            by_expert = (self._rng.random(len(moves)) < share) | (moves == STOP)
            return np.where(by_expert, values.argmax(axis=1), moves)

        steps = self._play(choose)
        self._batch.restart(range(len(self._batch.games)))
        return steps

    def label_again(self, history: Any) -> LabelledBatch:
        """Play the games of a batch's history again; `restore` must follow before the next batch."""
        self._batch.replay([{**game, "actions": []} for game in history])
        moves = iter(np.array([game["actions"] for game in history], np.int64).T)
        return self._play(lambda inputs, values: next(moves))

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state that the next batches depend on, beside the learner's weights."""
        return {
            "games": self._batch.histories(),
            "shares": self._rng.bit_generator.state,
            "moves": self._learner.generator.get_state().tolist(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`.

        Raises:
            CutOutError: the images have changed.
        """
        self._batch.replay(state["games"])
        self._rng.bit_generator.state = state["shares"]
        self._learner.generator.set_state(torch.tensor(state["moves"], dtype=torch.uint8))

    def _play(self, choose: Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.int64]]) -> LabelledBatch:
        """Play every game to its end with the moves chosen from the learner's inputs and the expert's values.

        Moves that the learner may not play (`Game.action_mask`) have a value of minus infinity.
        """
        config, batch = self._config, self._batch
        inputs, progress, masks, labels, rewards = [], [], [], [], []
        while not batch.games[0].done:  # no game stops early here, so all end together
            preprocessed = self._preprocess(batch.observe())
            masks.append(batch.action_masks())
            values = np.array(map_parallel(self._expert.move_values, batch.games))
            values[~masks[-1][:, :N_MOVES]] = -np.inf
            moves = choose(preprocessed, values)
            inputs.append(preprocessed)
            progress.append(progress_of(batch.games))
            labels.append(expert_labels(values, config.temperature, config.stop_action))
            rewards.append(batch.step(moves).rewards)
        returns = discounted_returns(np.array(rewards), config.gamma)
        totals = np.sum(rewards, axis=0)
        episodes: list[Mapping[str, Any]] = [
            {"iou": game.iou, "r": total} for game, total in zip(batch.games, totals, strict=True)
        ]
        targets, costs = (np.concatenate(parts) for parts in zip(*labels, strict=True))
        return LabelledBatch(
            np.concatenate(inputs),
            np.concatenate(progress),
            np.concatenate(masks),
            targets,
            costs,
            returns.ravel(),
            episodes,
            batch.histories(),
        )


def expert_labels(
    values: NDArray[np.float32], temperature: float, stop_action: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the expert's action values into target probabilities and costs.

    Moves of equal value become equally likely; an argmax would favour the first of them.

    Args:
        values: (N, 16) float32, in pixels; minus infinity excludes a move.
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
        below_best = (values - values.max(axis=1, keepdims=True)).astype(np.float64)
        with np.errstate(over="ignore"):  # a temperature near 0 divides to minus infinity, whose exponential is 0
            targets = softmax(below_best / temperature, axis=1).astype(np.float32)
    return targets, costs


def discounted_returns(rewards: NDArray[np.float64], gamma: float) -> NDArray[np.float32]:
    """Sum the (T, N) rewards from each step to the end, discounted, as (T, N) float32."""
    returns = np.zeros(rewards.shape, np.float32)
    following = np.zeros(rewards.shape[1])
    for step in reversed(range(len(rewards))):
        following = rewards[step] + gamma * following
        returns[step] = following
    return returns
