"""N games played side by side, the core of the batch and the SB3 environment."""

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
from cutout_rl.utils.threads import map_games


class GameBatch:
    """N games of one kind, each with its own random generator, as N single environments have them.

    Attributes:
        factory: what the games share.
        games: the games in play; empty before the first `reset`.
    """

    def __init__(self, game_config: GameConfig, n: int, threads: int | None = None) -> None:
        """Open the images once for all games.

        Args:
            game_config: of every game.
            n: how many games.
            threads: that play them; None takes one per core. They do not change what is played.

        Raises:
            CutOutError: the images cannot be used.
        """
        self.factory = GameFactory(game_config)
        self.games: list[Game] = []
        self._rngs = [seeding.np_random()[0] for _ in range(n)]
        self._histories: list[dict[str, Any]] = [{} for _ in range(n)]
        self._threads = threads

    def reset(self, seeds: Sequence[int | None], index: int | None = None) -> None:
        """Deal every game anew.

        Args:
            seeds: one per game; None goes on with the game's generator.
            index: the image that every game gets; None draws one for each.
        """
        self._rngs = [
            rng if seed is None else seeding.np_random(seed)[0] for rng, seed in zip(self._rngs, seeds, strict=True)
        ]
        self.games = self._new_games(range(len(self._rngs)), index)

    def restart(self, which: Sequence[int]) -> None:
        """Deal some games anew, each with its own generator."""
        for i, game in zip(which, self._new_games(which), strict=True):
            self.games[i] = game

    def _new_games(self, which: Sequence[int], index: int | None = None) -> list[Game]:
        rngs = [self._rngs[i] for i in which]
        for i, rng in zip(which, rngs, strict=True):
            self._histories[i] = {"generator": rng.bit_generator.state, "index": index, "actions": []}
        return map_games(partial(self.factory.new_game, index=index), rngs, threads=self._threads)

    def histories(self) -> list[dict[str, Any]]:
        """Tell how each game came to be: the state its generator dealt it from, its image, and its moves; JSON-able."""
        return [
            {**history, "image": game.sample.name, "actions": list(history["actions"])}
            for history, game in zip(self._histories, self.games, strict=True)
        ]

    def replay(self, histories: Sequence[Mapping[str, Any]]) -> None:
        """Deal and play again what `histories` told; generators and games then go on as those would have.

        Raises:
            CutOutError: the images are no longer the same.
        """
        self._histories = [{**history, "actions": list(history["actions"])} for history in histories]
        self.games = map_games(self._replay_one, self._rngs, self._histories, threads=self._threads)

    def _replay_one(self, rng: np.random.Generator, history: Mapping[str, Any]) -> Game:
        rng.bit_generator.state = history["generator"]
        game = self.factory.new_game(rng, history["index"])
        if game.sample.name != history["image"]:
            raise CutOutError(
                f"The images of {self.factory.game_config.data} have changed: {game.sample.name} stands where"
                f" {history['image']} was; bring them back or start a new run."
            )
        for action in history["actions"]:
            game.step(action)
        return game

    def step(self, actions: NDArray[np.integer], playing: NDArray[np.bool_] | None = None) -> list[Outcome | None]:
        """Make a move in every game, or in those with `playing`; the others answer None.

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
        return map_games(_step, self.games, actions.tolist(), playing, threads=self._threads)

    def observe_one(self, i: int) -> NDArray[np.uint8]:
        """Draw game `i`, as a fresh (size, size, channels) uint8 array."""
        return self.factory.observer.observe(self.games[i])

    def observe(self) -> NDArray[np.uint8]:
        """Draw all games, as a fresh (N, size, size, channels) uint8 array."""
        observer = self.factory.observer
        observations = np.empty((len(self.games), *observer.space.shape), np.uint8)
        map_games(observer.draw, self.games, observations, threads=self._threads)
        return observations


def _step(game: Game, action: int, plays: bool) -> Outcome | None:
    return game.step(action) if plays else None
