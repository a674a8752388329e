"""Atari games for Stable-Baselines3, played in a process of another environment.

ale-py, which plays them, is GPL: nothing of the project may import it, so it is fetched for this study alone and runs
in a process of its own, which reads moves and writes arrays.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import DTypeLike, NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

WORKER: Final = Path(__file__).with_name("atari_worker.py")
PACKAGES: Final = ("ale-py[vector]", "numpy")
FRAMES: Final = (4, 84, 84)


class AtariVecEnv(VecEnv):
    """N games of one kind: four grey frames of 84 x 84 px, every fourth frame a move, rewards cut to -1, 0 and 1."""

    def __init__(self, python: str, game: str, n_envs: int, seed: int) -> None:
        """Start the games.

        Args:
            python: of an environment that holds `PACKAGES`.
            game: its name, such as "pong".
            n_envs: how many.
            seed: of the games.

        Raises:
            EOFError: they cannot be started; the process has said why on standard error.
        """
        # Isolated from PYTHONPATH and from the modules beside the worker.
        self._worker = subprocess.Popen(
            [python, "-I", str(WORKER), game, str(n_envs), str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.num_envs = n_envs
        self.render_mode = None
        n_moves = int(self._read(np.uint8, ())[()])
        self._first = self._answer()[0]
        super().__init__(n_envs, spaces.Box(0, 255, FRAMES, np.uint8), spaces.Discrete(n_moves))

    def reset(self) -> NDArray[np.uint8]:
        """Give the first observations; the games start once."""
        return self._first

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Send the moves."""
        assert self._worker.stdin is not None
        self._worker.stdin.write(actions.astype(np.uint8).tobytes())
        self._worker.stdin.flush()

    def step_wait(self) -> VecEnvStepReturn:
        """Receive what came of them; games that end start anew at once."""
        observations, rewards, over = self._answer()
        infos: list[dict[str, Any]] = [
            {"terminal_observation": observations[i]} if over[i] else {} for i in range(len(over))
        ]
        return observations, rewards, over, infos

    def close(self) -> None:
        """End the process."""
        self._worker.communicate()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Give an attribute of the whole batch, once per game."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refuse: the games are in another process.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: the games are in another process")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refuse: the games are in another process.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{method_name} cannot be called: the games are in another process")

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Say that no game is wrapped."""
        return [False for _ in self._get_indices(indices)]

    def _answer(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
        observations = self._read(np.uint8, (self.num_envs, *FRAMES))
        rewards = self._read(np.float32, (self.num_envs,))
        return observations, rewards, self._read(np.uint8, (self.num_envs,)).astype(np.bool_)

    def _read(self, dtype: DTypeLike, shape: Sequence[int]) -> NDArray[Any]:
        assert self._worker.stdout is not None
        array: NDArray[Any] = np.empty(shape, dtype)
        content = self._worker.stdout.read(array.nbytes)
        if len(content) < array.nbytes:
            raise EOFError("the Atari games have ended")
        array[...] = np.frombuffer(content, dtype).reshape(shape)
        return array
