"""The batch of games as a Stable-Baselines3 `VecEnv`."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from cutout_rl.data import DataSource
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.rendering import draw_frame
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.utils.errors import CutOutError
from cutout_rl.vector_env import SHARED_SETTINGS, attribute_of, single_envs


class CutOutVecEnv(VecEnv):
    """N games of `cutout_rl.env.CutOutEnv` as an SB3 `VecEnv`.

    Game `i` equals a single environment seeded with `seed + i`. When an episode ends, its last observation is in
    `infos[i]["terminal_observation"]`, and its return, length and IoU are in `infos[i]["episode"]`, as with SB3's
    `Monitor`.
    """

    def __init__(self, n_envs: int, threads: int | None = None, mask_in_info: bool = False, **game_config: Any) -> None:
        """Open the images once for all games.

        Args:
            n_envs: number of games.
            threads: number of threads; None for one per core.
            mask_in_info: as in `CutOutEnv`.
            game_config: the arguments of `CutOutEnv`.

        Raises:
            CutOutError: an argument does not fit, or the images cannot be used.
        """
        self._batch = GameBatch(GameConfig(**game_config), n_envs, threads, mask_in_info)
        self.render_mode = "rgb_array"
        self._actions: NDArray[np.integer] = np.zeros(n_envs, np.int64)
        self._returns = np.zeros(n_envs)
        super().__init__(n_envs, self._batch.factory.observation_space, self._batch.factory.action_space)

    @property
    def games(self) -> list[Game]:
        """The current games."""
        return self._batch.games

    @property
    def game_config(self) -> GameConfig:
        """The settings of the games."""
        return self._batch.factory.game_config

    @property
    def images(self) -> DataSource:
        """The source of the images."""
        return self._batch.factory.source

    def reset(self) -> VecEnvObs:
        """Start new games, with the seeds given to `seed` and the options given to `set_options`, if any.

        Raises:
            CutOutError: an option is unknown or does not fit, or there are not as many options as games.
        """
        if len(self._options) != self.num_envs:
            raise CutOutError(f"{len(self._options)} options for {self.num_envs} games; give one for all, or one each.")
        image_size = self._batch.factory.game_config.image_size
        self._batch.reset(self._seeds, [ResetOptions.parse(options, image_size) for options in self._options])
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0
        self.reset_infos = [self._batch.factory.info(game) for game in self._batch.games]
        return self._batch.observations()

    def seed_each(self, seeds: Sequence[int]) -> None:
        """Seed every game with its own seed at the next reset, where `seed` seeds game `i` with `seed + i`."""
        self._seeds = list(seeds)

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Store the moves for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves; finished games are replaced by new ones."""
        outcomes = self._batch.step(self._actions)
        rewards, dones = outcomes.rewards.astype(np.float32), outcomes.terminated
        infos: list[dict[str, Any]] = [self._batch.factory.info(game) for game in self._batch.games]
        self._returns += rewards
        over = np.flatnonzero(dones).tolist()
        for i in over:
            info = infos[i]
            info["terminal_observation"] = self._batch.observation(i)
            info["episode"] = {"r": self._returns[i], "l": int(info["step"]), "iou": info["iou"]}
        self._returns[over] = 0
        self._batch.restart(over)
        for i in over:
            self.reset_infos[i] = self._batch.factory.info(self._batch.games[i])
        return self._batch.observations(), rewards, dones, infos

    def observe(self) -> VecEnvObs:
        """Return the current observations."""
        return self._batch.observations()

    def action_masks(self) -> NDArray[np.bool_]:
        """Return `CutOutEnv.action_masks` of every game, (n_envs, n_actions) bool."""
        return self._batch.action_masks()

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state that the next steps depend on."""
        return {"games": self._batch.histories(), "returns": self._returns.tolist()}

    def restore(self, state: Mapping[str, Any]) -> VecEnvObs:
        """Restore a `state`, in place of a reset.

        Returns:
            The observations.

        Raises:
            CutOutError: the images have changed.
        """
        self._batch.replay(state["games"])
        self._reset_seeds()
        self._returns[:] = state["returns"]
        return self._batch.observations()

    def get_images(self) -> Sequence[NDArray[np.uint8]]:
        """Draw every game."""
        return [draw_frame(game) for game in self._batch.games]

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the `CutOutEnv` of each game.

        Raises:
            AttributeError: no such name, or a method that would leave the batch behind.
        """
        envs = single_envs(self._batch, self.render_mode)
        return [attribute_of(envs[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Raise an error, as the games share their settings.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(SHARED_SETTINGS.format(attr_name))

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the `CutOutEnv` of each game.

        Raises:
            AttributeError: no such name, or a method that would leave the batch behind.
        """
        return [method(*method_args, **method_kwargs) for method in self.get_attr(method_name, indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Return whether the wrapper is SB3's `Monitor`, whose `info["episode"]` the games provide themselves."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]
