"""A Stable-Baselines3 model enters the benchmark: --agents "mine: enter_an_agent:MyAgent"."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from stable_baselines3 import PPO

from cutout_rl.game.game import Game


class MyAgent:
    """Plays by a model that was saved as my-models/seed-0.zip, seed-1.zip, ..., one for each seed."""

    label = "my agent"
    sees_truth = False

    def __init__(self, seed: int, deterministic: bool) -> None:
        """Load the model of a seed; a zip of SB3 holds a pickle, so load none but your own."""
        self._model = PPO.load(f"my-models/seed-{seed}.zip", device="cpu")
        self._deterministic = deterministic

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game from what can be seen of it."""
        actions, _ = self._model.predict(observations, deterministic=self._deterministic)
        return actions
