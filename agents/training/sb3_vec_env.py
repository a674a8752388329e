"""The batch of games as a Stable-Baselines3 `VecEnv`."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from cutout_rl.data import DataSource
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.rendering import draw_frame


class CutOutVecEnv(VecEnv):
    """N games of `cutout_rl.env.CutOutEnv` as an SB3 `VecEnv`.

    Game `i` equals a single environment seeded with `seed + i`. When an episode ends, its last observation is in
    `infos[i]["terminal_observation"]`, and its return, length and IoU are in `infos[i]["episode"]`, as with SB3's
    `Monitor`.
    """

    def __init__(self, game_config: GameConfig, n_envs: int, threads: int | None = None) -> None:
        """Open the images once for all games.

        Args:
            game_config: settings of every game.
            n_envs: number of games.
            threads: number of threads; None for one per core.

        Raises:
            CutOutError: the images cannot be used.
        """
        self._batch = GameBatch(game_config, n_envs, threads)
        self.render_mode = "rgb_array"
        self._actions: NDArray[np.integer] = np.zeros(n_envs, np.int64)
        self._returns = np.zeros(n_envs)
        super().__init__(n_envs, self._batch.factory.observer.space, self._batch.factory.action_space)

    @property
    def games(self) -> list[Game]:
        """The current games."""
        return self._batch.games

    @property
    def images(self) -> DataSource:
        """The source of the images."""
        return self._batch.factory.source

    def reset(self) -> NDArray[np.uint8]:
        """Start new games, with the seeds given to `seed` if any."""
        self._batch.reset(self._seeds)
        self._reset_seeds()
        self._returns[:] = 0
        self.reset_infos = [dict(game.info()) for game in self._batch.games]
        return self._batch.observe()

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Store the moves for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves; finished games are replaced by new ones."""
        outcomes = [outcome for outcome in self._batch.step(self._actions) if outcome]
        rewards = np.array([outcome.reward for outcome in outcomes], np.float32)
        dones = np.array([outcome.done for outcome in outcomes])
        infos: list[dict[str, Any]] = [dict(outcome.info) for outcome in outcomes]
        self._returns += rewards
        over = np.flatnonzero(dones).tolist()
        for i in over:
            info = infos[i]
            info["terminal_observation"] = self._batch.observe_one(i)
            info["TimeLimit.truncated"] = outcomes[i].truncated
            info["episode"] = {"r": self._returns[i], "l": info["step"], "iou": info["iou"]}
        self._returns[over] = 0
        self._batch.restart(over)
        for i in over:
            self.reset_infos[i] = dict(self._batch.games[i].info())
        return self._batch.observe(), rewards, dones, infos

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state that the next steps depend on."""
        return {"games": self._batch.histories(), "returns": self._returns.tolist()}

    def restore(self, state: Mapping[str, Any]) -> NDArray[np.uint8]:
        """Restore a `state`, in place of a reset.

        Returns:
            The observations.

        Raises:
            CutOutError: the images have changed.
        """
        self._batch.replay(state["games"])
        self._reset_seeds()
        self._returns[:] = state["returns"]
        return self._batch.observe()

    def get_images(self) -> Sequence[NDArray[np.uint8]]:
        """Draw every game."""
        return [draw_frame(game) for game in self._batch.games]

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the whole batch, once per game."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Raise an error, as the games share their settings.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: the games of a batch share their settings")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of every `Game`."""
        games = [self._batch.games[i] for i in self._get_indices(indices)]
        return [getattr(game, method_name)(*method_args, **method_kwargs) for game in games]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Return False for every game."""
        return [False for _ in self._get_indices(indices)]


class FixedHorizon(VecEnvWrapper):
    """Marks an episode's last step as terminal, so that SB3 does not bootstrap from its value.

    SB3 adds the estimated value of the last observation to the last reward of a truncated episode. The number of steps
    is a rule of the game here, and with `reward="end"` the estimate would count the final IoU repeatedly.
    """

    def reset(self) -> NDArray[np.uint8]:
        """Start new games."""
        observations = self.venv.reset()
        assert isinstance(observations, np.ndarray)
        return observations

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves."""
        observations, rewards, dones, infos = self.venv.step_wait()
        for info in infos:
            info.pop("TimeLimit.truncated", None)
        return observations, rewards, dones, infos
