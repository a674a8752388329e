"""N games side by side, which the vector environment and the SB3 environment share."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import ArrayLike, NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.dict_observation import Observation
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game, Outcome
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.threads import map_parallel


class GameBatch:
    """N games of one kind, each with its own random generator, like N single environments.

    Attributes:
        factory: creates the games.
        rngs: the games' random generators.
        games: the current games; empty before the first `reset`.
    """

    def __init__(self, game_config: GameConfig, n: int, threads: int | None = None, mask_in_info: bool = False) -> None:
        """Open the images once for all games.

        Args:
            game_config: of every game.
            n: how many games.
            threads: number of threads; None means one per core. It does not change the results.
            mask_in_info: as in `GameFactory`.

        Raises:
            CutOutError: the images cannot be used, or `n` is no number of games.
        """
        if type(n) is not int or n < 1:
            raise CutOutError(f"The number of games is {n!r}, but must be a whole number of at least 1.")
        self.factory = GameFactory(game_config, mask_in_info)
        self.games: list[Game] = []
        self.rngs = [seeding.np_random()[0] for _ in range(n)]
        self._histories: list[dict[str, Any]] = [{} for _ in range(n)]
        self._threads = threads

    def reset(
        self,
        seeds: Sequence[int | None],
        options: Sequence[ResetOptions] | None = None,
        which: Sequence[int] | None = None,
    ) -> None:
        """Start a new episode in every game, or in those of `which`.

        Args:
            seeds: one per game; None keeps the game's generator.
            options: one per game, how its episode begins; None chooses nothing.
            which: the games to start; None starts all.

        Raises:
            ValueError: not one seed per game, or the first reset leaves games out.
        """
        n = len(self.rngs)
        if len(seeds) != n:
            raise ValueError(f"{len(seeds)} seeds for {n} games; give one seed per game, or a single number")
        which = range(n) if which is None else which
        if not self.games and len(which) < n:
            raise ValueError("the first reset must start every game")
        for i in which:
            seed = seeds[i]
            if seed is not None:
                self.rngs[i] = seeding.np_random(seed)[0]
        games = self._new_games(which, [options[i] for i in which] if options else [ResetOptions()] * len(which))
        if self.games:
            self._replace(which, games)
        else:
            self.games = games

    def restart(self, which: Sequence[int]) -> None:
        """Start a new episode in some of the games, each with its own generator."""
        self._replace(which, self._new_games(which, [ResetOptions()] * len(which)))

    def _replace(self, which: Sequence[int], games: Sequence[Game]) -> None:
        for i, game in zip(which, games, strict=True):
            self.games[i] = game

    def _new_games(self, which: Sequence[int], options: Sequence[ResetOptions]) -> list[Game]:
        rngs = [self.rngs[i] for i in which]
        for i, rng, chosen in zip(which, rngs, options, strict=True):
            self._histories[i] = {"generator": rng.bit_generator.state, **asdict(chosen), "actions": []}
        indices, starts = [chosen.index for chosen in options], [chosen.start for chosen in options]
        return map_parallel(self.factory.new_game, rngs, indices, starts, threads=self._threads)

    def histories(self) -> list[dict[str, Any]]:
        """Return what `replay` needs: each game's image, actions and generator state at the start; JSON-able."""
        return [
            {**history, "image": game.sample.name, "actions": list(history["actions"])}
            for history, game in zip(self._histories, self.games, strict=True)
        ]

    def replay(self, histories: Sequence[Mapping[str, Any]]) -> None:
        """Restore games and generators from the result of `histories`.

        Raises:
            CutOutError: the images are no longer the same.
        """
        self._histories = [{**history, "actions": list(history["actions"])} for history in histories]
        self.games = map_parallel(self._replay_one, self.rngs, self._histories, threads=self._threads)

    def _replay_one(self, rng: np.random.Generator, history: Mapping[str, Any]) -> Game:
        rng.bit_generator.state = history["generator"]
        chosen = {key: history[key] for key in ("index", "start")}
        options = ResetOptions.parse(chosen, self.factory.game_config.image_size)
        game = self.factory.new_game(rng, options.index, options.start)
        if game.sample.name != history["image"]:
            raise CutOutError(
                f"The images of {self.factory.game_config.data} have changed ({game.sample.name} replaces"
                f" {history['image']}); restore them or start a new run."
            )
        for action in history["actions"]:
            game.step(action)
        return game

    def step(self, actions: ArrayLike, playing: NDArray[np.bool_] | None = None) -> list[Outcome | None]:
        """Take an action in every game, or in those with `playing`; the result of the others is None.

        Raises:
            ValueError: no game yet, not one action per game, no such action, or a game is over.
        """
        if not self.games:
            raise ValueError("there is no game yet; call reset first")
        if playing is None:
            playing = np.ones(len(self.games), np.bool_)
        chosen = self._checked(actions)
        for i in np.flatnonzero(playing).tolist():
            if self.games[i].done:
                raise ValueError(f"the episode of game {i} is over; reset it before the next step")
        for i in np.flatnonzero(playing).tolist():
            self._histories[i]["actions"].append(chosen[i])
        return map_parallel(_step, self.games, chosen, playing, threads=self._threads)

    def _checked(self, actions: ArrayLike) -> list[int]:
        n_actions = int(self.factory.action_space.n)
        try:
            array = np.asarray(actions)
        except ValueError:  # a ragged list
            array = np.asarray(None)
        if array.ndim and len(array) != len(self.games):
            raise ValueError(f"{len(array)} actions for {len(self.games)} games")
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise ValueError(f"the actions are {actions!r}, but must be one whole number in [0, {n_actions}) per game")
        wrong = array[(array < 0) | (array >= n_actions)]
        if len(wrong):
            raise ValueError(f"action {wrong[0]} is not in [0, {n_actions})")
        return [int(action) for action in array]

    def observe(self) -> NDArray[np.uint8]:
        """Return the observer's observations of all games, a fresh (N, size, size, channels) uint8 array."""
        observer = self.factory.observer
        observations = np.empty((len(self.games), *observer.space.shape), np.uint8)
        map_parallel(observer.draw, self.games, observations, threads=self._threads)
        return observations

    def observation(self, i: int) -> Observation:
        """Return the observation of game `i` that an environment answers, in fresh arrays."""
        return self.factory.observation(self.games[i])

    def observations(self) -> Observation:
        """Return the observations of all games that a batch of environments answers, in fresh arrays."""
        return self.factory.as_answered(self.observe(), [game.moves_left for game in self.games])

    def action_masks(self) -> NDArray[np.bool_]:
        """Return `Game.action_mask` of all games, (N, n_actions) bool.

        Raises:
            ValueError: no game yet.
        """
        if not self.games:
            raise ValueError("there is no game yet; call reset first")
        return np.array([game.action_mask() for game in self.games])


def _step(game: Game, action: int, plays: bool) -> Outcome | None:
    return game.step(action) if plays else None
