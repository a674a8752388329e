"""A custom algorithm: a bandit that learns the mean reward of each move and ignores the observation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.batch import GameBatch
from cutout_rl.game.game import Game
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import GameTrainConfig, TrainConfig
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class BanditConfig(GameTrainConfig):
    """The flags of `python -m cutout_rl.train`: those of GameTrainConfig and the fields below."""

    algo: str = "bandit"
    """Learning algorithm."""
    exploration: float = 0.1
    """Share of random moves."""


class Bandit:
    """The class that the entry point names."""

    config_type = BanditConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Play, and average the reward of each move."""
        assert isinstance(config, BanditConfig)
        rng = np.random.default_rng(config.seed)
        batch = GameBatch(config.game_config(), config.n_envs)
        batch.reset(np.random.SeedSequence(config.seed).generate_state(config.n_envs).tolist())
        sums, counts = np.zeros(16), np.ones(16)
        for _ in range(config.total_timesteps // config.n_envs):
            explores = rng.random(config.n_envs) < config.exploration
            moves = np.where(explores, rng.integers(16, size=config.n_envs), (sums / counts).argmax())
            rewards, terminated = batch.step(moves)
            np.add.at(sums, moves, rewards)
            np.add.at(counts, moves, 1)
            batch.restart(np.flatnonzero(terminated).tolist())
        write_json(run.path / "gains.json", (sums / counts).tolist())

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> "BanditPlayer":
        """Load what `train` has written."""
        try:
            gains = json.loads((run.path / "gains.json").read_text())
        except FileNotFoundError:
            raise CutOutError(f"{run.path} has no gains.json; train to the end first.") from None
        return BanditPlayer(np.array(gains), deterministic)


class BanditPlayer:
    """Makes the best move, or draws one of the better half."""

    sees_truth = False

    def __init__(self, gains: NDArray[np.float64], deterministic: bool) -> None:
        """Play by the mean gain of each of the 16 moves."""
        self.label = f"bandit, {'greedy' if deterministic else 'sampled'}"
        self._deterministic = deterministic
        self._gains = gains
        self._rng = np.random.default_rng(0)

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game."""
        if self._deterministic:
            return np.full(len(observations), self._gains.argmax())
        good = np.flatnonzero(self._gains >= np.median(self._gains))
        return self._rng.choice(good, len(observations))
