"""The native vector environment: `gymnasium.make_vec("cutout_rl/CutOut-v0", num_envs=N)`."""

from collections.abc import Sequence
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from cutout_rl.env import CutOutEnv
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

_Step = tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]

SHARED_SETTINGS: Final = "{} cannot be set: the games of a batch share their settings; give them when making the batch"


class CutOutVectorEnv(gymnasium.vector.VectorEnv[Any, NDArray[np.int64], NDArray[Any]]):
    """N environments in one call; environment `i` behaves as a `CutOutEnv` seeded with `seed + i`."""

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = "NextStep",
        render_mode: str | None = None,
        threads: int | None = None,
        mask_in_info: bool = False,
        **game_config: Any,
    ) -> None:
        """Open the images once for all games.

        Args:
            num_envs: number of games.
            autoreset_mode: "NextStep" (the step after an episode's end starts the next one and ignores its action) or
                "SameStep" (the last step returns the first observation of the next episode, and the final observation
                in `info["final_obs"]`, its info in `info["final_info"]`) or "Disabled" (games that are over must be
                reset by `options["reset_mask"]`). The enum works too, but makes the spec unserialisable.
            render_mode: None or "rgb_array".
            threads: number of threads; None means one per core.
            mask_in_info: as in `CutOutEnv`.
            game_config: the arguments of `CutOutEnv`.

        Raises:
            CutOutError: an argument does not fit, or the images cannot be used.
        """
        modes = {mode.value: mode for mode in AutoresetMode}
        mode_name = autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode
        require_choice("autoreset mode", mode_name, modes)
        if render_mode is not None:
            require_choice("render mode of a batch", render_mode, ["rgb_array"])
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.autoreset_mode = modes[mode_name]
        self.metadata = {**CutOutEnv.metadata, "render_modes": ["rgb_array"], "autoreset_mode": self.autoreset_mode}
        self._batch = GameBatch(GameConfig(**game_config), num_envs, threads, mask_in_info)
        self._over = np.zeros(num_envs, np.bool_)
        self.single_observation_space = self._batch.factory.observation_space
        self.single_action_space = self._batch.factory.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start a new episode in every game.

        Args:
            seed: seeds game `i` with `seed + i`, or with its own from a list; None keeps the generators.
            options: those of `CutOutEnv`, for every game, and `reset_mask`, (num_envs,) bool: the games to start; the
                others go on, and their info is left out.

        Raises:
            CutOutError: an option is unknown or does not fit.
            IndexError: there is no image of that index.
            ValueError: a list of seeds of another length, or the first reset leaves games out.
        """
        if seed is None:
            seeds: Sequence[int | None] = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = seed
        chosen = dict(options or {})
        which = self._masked(chosen.pop("reset_mask", None))
        parsed = ResetOptions.parse(chosen, self._batch.factory.game_config.image_size)
        self._batch.reset(seeds, [parsed] * self.num_envs, np.flatnonzero(which).tolist())
        self._over[which] = False
        return self._batch.observations(), self._batch.infos(which)

    def _masked(self, mask: Any) -> NDArray[np.bool_]:
        if mask is None:
            return np.ones(self.num_envs, np.bool_)
        array = np.asarray(mask)
        if array.dtype != np.bool_ or array.shape != (self.num_envs,) or not array.any():
            raise CutOutError(
                f"The option 'reset_mask' is {mask!r}, but must hold True or False for each of the {self.num_envs}"
                " games, and True at least once."
            )
        return array

    def step(self, actions: NDArray[np.int64]) -> _Step:
        """Take an action in every game.

        Raises:
            ValueError: no such action, `reset` was not called yet, or a game that is over was not reset.
        """
        starting = self._over & (self.autoreset_mode is AutoresetMode.NEXT_STEP)
        rewards, terminations = self._batch.step(actions, ~starting)
        truncations = np.zeros(self.num_envs, np.bool_)  # the number of steps is a rule of the game
        self._over = terminations.copy()
        infos: dict[str, Any] = {}
        ended = np.flatnonzero(self._over & (self.autoreset_mode is AutoresetMode.SAME_STEP)).tolist()
        for i in ended:
            info = self._batch.factory.info(self._batch.games[i])
            infos = self._add_info(infos, {"final_obs": self._batch.observation(i), "final_info": info}, i)
        self._batch.restart([*ended, *np.flatnonzero(starting).tolist()])
        infos |= self._batch.infos(np.ones(self.num_envs, np.bool_))
        return self._batch.observations(), rewards, terminations, truncations, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Render every game as `CutOutEnv.render` does; return None unless `render_mode` is "rgb_array"."""
        return None if self.render_mode is None else self.call("render")

    def action_masks(self) -> NDArray[np.bool_]:
        """Return `CutOutEnv.action_masks` of every game, (num_envs, n_actions) bool."""
        return self._batch.action_masks()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of the `CutOutEnv` of every game, or return its attribute.

        Raises:
            AttributeError: no such name, or a method that would leave the batch behind.
        """
        values = self.get_attr(name)
        return tuple(value(*args, **kwargs) if callable(value) else value for value in values)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of the `CutOutEnv` of every game.

        Raises:
            AttributeError: no such name, or a method that would leave the batch behind.
        """
        return tuple(attribute_of(env, name) for env in single_envs(self._batch, self.render_mode))

    def set_attr(self, name: str, values: Any) -> None:
        """Raise an error, as the games share their settings.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(SHARED_SETTINGS.format(name))


def single_envs(batch: GameBatch, render_mode: str | None) -> list[CutOutEnv]:
    """Return an environment for each game of a batch, as it stands; none may be stepped or reset."""
    games: list[Game | None] = [*batch.games] or [None] * len(batch.rngs)
    return [CutOutEnv.showing(batch.factory, *of, render_mode) for of in zip(games, batch.rngs, strict=True)]


def attribute_of(env: CutOutEnv, name: str) -> Any:
    """Return an attribute of the environment of one game of a batch.

    Raises:
        AttributeError: no such name, or a method that would leave the batch behind.
    """
    if name in ("reset", "step", "close"):
        raise AttributeError(f"{name} cannot be called on single games of a batch; use the batch's own {name}")
    return getattr(env, name)
