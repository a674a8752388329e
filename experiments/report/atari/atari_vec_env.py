"""Atari games for Stable-Baselines3, run by a process in another Python environment.

ale-py is GPL, so the project must not import it. It is installed for this study alone and runs in its own process,
which reads actions and writes arrays.
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
SIZE: Final = 42  # px, as OpenAI's universe-starter-agent (2016) learnt Pong; at 84 px a CPU is several times slower
FRAMES: Final = (4, SIZE, SIZE)


class AtariVecEnv(VecEnv):
    """N copies of one game: four grey frames of 42 x 42 px, frame skip 4, rewards clipped to -1, 0 and 1."""

    def __init__(self, python: str, game: str, n_envs: int, seed: int) -> None:
        """Start the games.

        Args:
            python: interpreter of an environment with `PACKAGES`.
            game: name of the game, such as "pong".
            n_envs: number of copies.
            seed: of the games.

        Raises:
            EOFError: the games cannot be started; the process has printed the reason on standard error.
        """
        # -I isolates the worker from PYTHONPATH and from the modules in its folder.
        self._worker = subprocess.Popen(
            [python, "-I", str(WORKER), game, str(n_envs), str(seed), str(SIZE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.num_envs = n_envs
        self.render_mode = None
        n_actions = int(self._read(np.uint8, ())[()])
        self._first = self._receive()[0]
        # A dictionary, as the rollouts of this project's PPO hold them.
        space = spaces.Dict({"frames": spaces.Box(0, 255, FRAMES, np.uint8)})
        super().__init__(n_envs, space, spaces.Discrete(n_actions))

    def reset(self) -> dict[str, NDArray[np.uint8]]:
        """Return the first observations; the games start only once."""
        return {"frames": self._first}

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Send the actions."""
        assert self._worker.stdin is not None
        self._worker.stdin.write(actions.astype(np.uint8).tobytes())
        self._worker.stdin.flush()

    def step_wait(self) -> VecEnvStepReturn:
        """Receive the results; finished games restart at once."""
        observations, rewards, over = self._receive()
        return {"frames": observations}, rewards, over, [{} for _ in over]

    def close(self) -> None:
        """Stop the process."""
        self._worker.communicate()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the whole batch, once per game."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Raise: the games are in another process.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: the games are in another process")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Raise: the games are in another process.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{method_name} cannot be called: the games are in another process")

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Return False for each game."""
        return [False for _ in self._get_indices(indices)]

    def _receive(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
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
