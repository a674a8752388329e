"""The batch of games as Stable-Baselines3 wants it."""

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

    Game `i` plays as a single environment seeded with `seed + i` does. When an episode ends, its last observation is in
    `infos[i]["terminal_observation"]`, its return, length and IoU in `infos[i]["episode"]`, as SB3's `Monitor` has
    them.
    """

    def __init__(self, game_config: GameConfig, n_envs: int, threads: int | None = None) -> None:
        """Open the images once for all games.

        Args:
            game_config: of every game.
            n_envs: how many games.
            threads: that play them; None takes one per core.

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
        """The games in play."""
        return self._batch.games

    @property
    def images(self) -> DataSource:
        """The images that are played."""
        return self._batch.factory.source

    def reset(self) -> NDArray[np.uint8]:
        """Start all games anew, with the seeds given to `seed` if any."""
        self._batch.reset(self._seeds)
        self._reset_seeds()
        self._returns[:] = 0
        self.reset_infos = [dict(game.info()) for game in self._batch.games]
        return self._batch.observe()

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Keep the moves for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves; games that end start anew at once."""
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
        """Tell all that the coming steps depend on, JSON-able."""
        return {"games": self._batch.histories(), "returns": self._returns.tolist()}

    def restore(self, state: Mapping[str, Any]) -> NDArray[np.uint8]:
        """Go on from what `state` told, instead of a reset.

        Returns:
            The observations.

        Raises:
            CutOutError: the images are no longer the same.
        """
        self._batch.replay(state["games"])
        self._reset_seeds()
        self._returns[:] = state["returns"]
        return self._batch.observe()

    def get_images(self) -> Sequence[NDArray[np.uint8]]:
        """Draw every game."""
        return [draw_frame(game) for game in self._batch.games]

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Give an attribute of the whole batch, once per game."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refuse: the games share their settings.

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
        """Say that no game is wrapped."""
        return [False for _ in self._get_indices(indices)]


class FixedHorizon(VecEnvWrapper):
    """Tells SB3 that nothing follows an episode's last step.

    SB3 adds the estimated value of the last observation to the last reward of a truncated episode. Here the number of
    steps is a rule of the game, and with `reward="end"` that estimate would count the final IoU again and again.
    """

    def reset(self) -> NDArray[np.uint8]:
        """Start all games anew."""
        observations = self.venv.reset()
        assert isinstance(observations, np.ndarray)
        return observations

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves."""
        observations, rewards, dones, infos = self.venv.step_wait()
        for info in infos:
            info.pop("TimeLimit.truncated", None)
        return observations, rewards, dones, infos
