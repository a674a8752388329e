"""Recorded demonstrations as labelled steps."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import discounted_returns
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.training.seeds import Stream, generator
from cutout_rl.data import DataSource
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.evaluation.minari_dataset import dataset_id_of, read_minari
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.reward import REWARD_KINDS, reward_of, shaping
from cutout_rl.game.rules import STOP
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.threads import map_parallel

# Settings that the recorded games and those of the run must share.
SHARED: Final = (
    *("data", "masks", "masks_class", "masks_frame", "augment", "bank"),
    *("image_size", "step_len", "step_count", "pen_width", "segmenter"),
)


class DemonstrationDataset:
    """Recorded episodes in random order, repeated without end; the recorded moves are the targets."""

    def __init__(self, config: BCConfig, preprocess: Preprocess, seed: int) -> None:
        """Read the demonstrations and open their images.

        Args:
            config: of the games and the demonstrations' place.
            preprocess: turns observations into the policy's inputs.
            seed: of the training.

        Raises:
            CutOutError: the demonstrations or the images cannot be used, or the settings differ.
        """
        assert config.demonstrations is not None
        self._config = config
        self._preprocess = preprocess
        dataset_id = dataset_id_of(config.demonstrations)
        self._demonstrations = load(Path(config.demonstrations)) if dataset_id is None else read_minari(dataset_id)
        recorded, own = self._demonstrations.game_config, config.game_config()
        for name in SHARED:
            if getattr(recorded, name) != getattr(own, name):
                raise CutOutError(
                    f"The demonstrations in {config.demonstrations} were played with {name} {getattr(recorded, name)},"
                    f" but the run has {getattr(own, name)}; use the same --{name.replace('_', '-')} for both."
                )
        self._with_moves = [
            episode for episode in range(len(self._demonstrations)) if self._demonstrations.moves(episode)
        ]
        if not self._with_moves:
            raise CutOutError(f"The demonstrations in {config.demonstrations} contain no moves; record another player.")
        # The IoU was recorded, so no step needs a score.
        self._factory = GameFactory(replace(own, split=recorded.split, skip_bad=recorded.skip_bad, reward="end"))
        self._n_actions = int(self._factory.action_space.n)
        self._rng = generator(seed, Stream.ORDER)
        self._order: list[int] = []

    @property
    def images(self) -> DataSource:
        """The train split; it is opened again only if the demonstrations are of another split."""
        if self._demonstrations.game_config.split == "train":
            return self._factory.source
        return self._config.game_config().open_source()

    def next_batch(self, timesteps: int) -> LabelledBatch:
        """Replay the next `n_envs` episodes."""
        n = min(self._config.n_envs, len(self._with_moves))
        if len(self._order) < n:
            self._order = self._rng.permutation(self._with_moves).tolist()
        episodes, self._order = self._order[:n], self._order[n:]
        return self.label_again(episodes)

    def label_again(self, history: Any) -> LabelledBatch:
        """Replay the episodes of a batch's history."""
        parts = map_parallel(self._label, history)
        return LabelledBatch(
            np.concatenate([part.inputs for part in parts]),
            np.concatenate([part.progress for part in parts]),
            np.concatenate([part.masks for part in parts]),
            np.concatenate([part.targets for part in parts]),
            np.concatenate([part.costs for part in parts]),
            np.concatenate([part.returns for part in parts]),
            [row for part in parts for row in part.episodes],
            history,
        )

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state that the next batches depend on."""
        return {"order": self._order, "shuffles": self._rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        self._order = list(state["order"])
        self._rng.bit_generator.state = state["shuffles"]

    def _label(self, episode: int) -> LabelledBatch:
        demonstrations, config = self._demonstrations, self._config
        actions, iou = demonstrations.moves(episode), demonstrations.iou[episode].tolist()
        if config.stop_action and len(actions) < demonstrations.actions.shape[1]:
            actions = [*actions, STOP]
        observations, masks, potentials = [], [], []
        reward = REWARD_KINDS.index(config.reward)
        # The state after the last action has no action and no potential.
        for game in islice(demonstrations.replay(episode, self._factory), len(actions)):
            observations.append(self._factory.observer.observe(game))
            masks.append(game.action_mask())
            potentials.append(game.potential(config.reward))
        targets = np.eye(self._n_actions, dtype=np.float32)[actions]
        last = len(actions) - 1
        potentials.append(0.0)
        rewards = [
            reward_of(reward, iou[step], iou[step + 1], step == last)
            + shaping(potentials[step], potentials[step + 1], step == last, config.gamma)
            for step in range(len(actions))
        ]
        row: Mapping[str, Any] = {"iou": iou[-1], "r": sum(rewards)}
        return LabelledBatch(
            self._preprocess(np.stack(observations)),
            np.stack([iou[: len(actions)], 1 - np.arange(len(actions)) / config.step_count], axis=1).astype(np.float32),
            np.array(masks) | (targets > 0),  # people make moves that mark nothing, too
            targets,
            np.zeros((len(actions), self._n_actions), np.float32),
            discounted_returns(np.array(rewards)[:, None], config.gamma)[:, 0],
            [row],
        )
