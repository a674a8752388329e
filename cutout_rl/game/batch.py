"""N games side by side, which the vector environment and the SB3 environment share."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game, Outcome
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.threads import map_parallel


class GameBatch:
    """N games of one kind, each with its own random generator, like N single environments.

    Attributes:
        factory: creates the games.
        games: the current games; empty before the first `reset`.
    """

    def __init__(self, game_config: GameConfig, n: int, threads: int | None = None) -> None:
        """Open the images once for all games.

        Args:
            game_config: of every game.
            n: how many games.
            threads: number of threads; None means one per core. It does not change the results.

        Raises:
            CutOutError: the images cannot be used.
        """
        self.factory = GameFactory(game_config)
        self.games: list[Game] = []
        self._rngs = [seeding.np_random()[0] for _ in range(n)]
        self._histories: list[dict[str, Any]] = [{} for _ in range(n)]
        self._threads = threads

    def reset(self, seeds: Sequence[int | None], index: int | None = None) -> None:
        """Start a new episode in every game.

        Args:
            seeds: one per game; None keeps the game's generator.
            index: of the image for every game; None draws one for each.
        """
        self._rngs = [
            rng if seed is None else seeding.np_random(seed)[0] for rng, seed in zip(self._rngs, seeds, strict=True)
        ]
        self.games = self._new_games(range(len(self._rngs)), index)

    def restart(self, which: Sequence[int]) -> None:
        """Start a new episode in some of the games, each with its own generator."""
        for i, game in zip(which, self._new_games(which), strict=True):
            self.games[i] = game

    def _new_games(self, which: Sequence[int], index: int | None = None) -> list[Game]:
        rngs = [self._rngs[i] for i in which]
        for i, rng in zip(which, rngs, strict=True):
            self._histories[i] = {"generator": rng.bit_generator.state, "index": index, "actions": []}
        return map_parallel(partial(self.factory.new_game, index=index), rngs, threads=self._threads)

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
        self.games = map_parallel(self._replay_one, self._rngs, self._histories, threads=self._threads)

    def _replay_one(self, rng: np.random.Generator, history: Mapping[str, Any]) -> Game:
        rng.bit_generator.state = history["generator"]
        game = self.factory.new_game(rng, history["index"])
        if game.sample.name != history["image"]:
            raise CutOutError(
                f"The images of {self.factory.game_config.data} have changed ({game.sample.name} replaces"
                f" {history['image']}); restore them or start a new run."
            )
        for action in history["actions"]:
            game.step(action)
        return game

    def step(self, actions: NDArray[np.integer], playing: NDArray[np.bool_] | None = None) -> list[Outcome | None]:
        """Take an action in every game, or in those with `playing`; the result of the others is None.

        Raises:
            ValueError: no such action, not one action per game, or a game is over.
        """
        if playing is None:
            playing = np.ones(len(self.games), np.bool_)
        if len(actions) != len(self.games):
            raise ValueError(f"{len(actions)} actions for {len(self.games)} games")
        n_actions = int(self.factory.action_space.n)
        wrong = actions[(actions < 0) | (actions >= n_actions)]
        if len(wrong):
            raise ValueError(f"action {wrong[0]} is not in [0, {n_actions})")
        for i in np.flatnonzero(playing):
            self._histories[i]["actions"].append(int(actions[i]))
        return map_parallel(_step, self.games, actions.tolist(), playing, threads=self._threads)

    def observe_one(self, i: int) -> NDArray[np.uint8]:
        """Return the observation of game `i`, a fresh (size, size, channels) uint8 array."""
        return self.factory.observer.observe(self.games[i])

    def observe(self) -> NDArray[np.uint8]:
        """Return the observations of all games, a fresh (N, size, size, channels) uint8 array."""
        observer = self.factory.observer
        observations = np.empty((len(self.games), *observer.space.shape), np.uint8)
        map_parallel(observer.draw, self.games, observations, threads=self._threads)
        return observations


def _step(game: Game, action: int, plays: bool) -> Outcome | None:
    return game.step(action) if plays else None
