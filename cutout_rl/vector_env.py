"""The native vector environment: `gymnasium.make_vec("cutout_rl/CutOut-v0", num_envs=N)`."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from cutout_rl.env import CutOutEnv
from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rendering import draw_frame
from cutout_rl.utils.choices import require_choice

_Step = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


class CutOutVectorEnv(gymnasium.vector.VectorEnv[NDArray[np.uint8], NDArray[np.int64], NDArray[Any]]):
    """N environments in one call; environment `i` behaves as a `CutOutEnv` seeded with `seed + i`."""

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = "NextStep",
        render_mode: str | None = None,
        threads: int | None = None,
        **game_config: Any,
    ) -> None:
        """Open the images once for all games.

        Args:
            num_envs: number of games.
            autoreset_mode: "NextStep" (the step after an episode's end starts the next one and ignores its action) or
                "SameStep" (the last step returns the first observation of the next episode, and the final observation
                in `info["final_obs"]`, its info in `info["final_info"]`). The enum works too, but makes the spec
                unserialisable.
            render_mode: None or "rgb_array".
            threads: number of threads; None means one per core.
            game_config: the arguments of `CutOutEnv`.

        Raises:
            CutOutError: an argument does not fit, or the images cannot be used.
        """
        modes = {mode.value: mode for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)}
        mode_name = autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode
        require_choice("autoreset mode", mode_name, modes)
        if render_mode is not None:
            require_choice("render mode of a batch", render_mode, ["rgb_array"])
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = {**CutOutEnv.metadata, "render_modes": ["rgb_array"], "autoreset_mode": modes[mode_name]}
        self._batch = GameBatch(GameConfig(**game_config), num_envs, threads)
        self._same_step = modes[mode_name] is AutoresetMode.SAME_STEP
        self._over = np.zeros(num_envs, np.bool_)
        self.single_observation_space = self._batch.factory.observer.space
        self.single_action_space = self._batch.factory.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start a new episode in every game.

        Args:
            seed: seeds game `i` with `seed + i`, or with its own from a list; None keeps the generators.
            options: `index` selects the image for every game.

        Raises:
            ValueError: a list of seeds of another length.
        """
        if seed is None:
            seeds: Sequence[int | None] = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = seed
        self._batch.reset(seeds, (options or {}).get("index"))
        self._over[:] = False
        infos: dict[str, Any] = {}
        for i, game in enumerate(self._batch.games):
            infos = self._add_info(infos, dict(game.info()), i)
        return self._batch.observe(), infos

    def step(self, actions: NDArray[np.int64]) -> _Step:
        """Take an action in every game.

        Raises:
            ValueError: no such action.
        """
        starting = self._over & (not self._same_step)
        outcomes = self._batch.step(actions, ~starting)
        rewards = np.array([outcome.reward if outcome else 0.0 for outcome in outcomes])
        terminations = np.array([outcome is not None and outcome.terminated for outcome in outcomes])
        truncations = np.array([outcome is not None and outcome.truncated for outcome in outcomes])
        self._over = terminations | truncations
        infos: dict[str, Any] = {}
        ended = np.flatnonzero(self._over & self._same_step).tolist()
        for i in ended:
            final = {"final_obs": self._batch.observe_one(i), "final_info": dict(self._batch.games[i].info())}
            infos = self._add_info(infos, final, i)
        self._batch.restart(ended if self._same_step else np.flatnonzero(starting).tolist())
        for i, game in enumerate(self._batch.games):
            infos = self._add_info(infos, dict(game.info()), i)
        return self._batch.observe(), rewards, terminations, truncations, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Render every game as `CutOutEnv.render` does; return None unless `render_mode` is "rgb_array"."""
        if self.render_mode is None:
            return None
        return tuple(draw_frame(game) for game in self._batch.games)
