"""N games played side by side, the core of the batch and the SB3 environment."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from cutout_rl.dealer import Dealer
from cutout_rl.game.game import Game, Outcome
from cutout_rl.parallel import map_games
from cutout_rl.settings import Settings


class GameBatch:
    """N games of one kind, each with its own random generator, as N single environments have them.

    Attributes:
        dealer: what the games share.
        games: the games in play; empty before the first `reset`.
    """

    def __init__(self, settings: Settings, n: int, threads: int | None = None) -> None:
        """Open the images once for all games.

        Args:
            settings: of every game.
            n: how many games.
            threads: that play them; None takes one per core. They do not change what is played.

        Raises:
            CutOutError: the images cannot be used.
        """
        self.dealer = Dealer(settings)
        self.games: list[Game] = []
        self._rngs = [seeding.np_random()[0] for _ in range(n)]
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
        self.games = self._deal(self._rngs, index)

    def deal(self, which: Sequence[int]) -> None:
        """Deal some games anew, each with its own generator."""
        for i, game in zip(which, self._deal([self._rngs[i] for i in which]), strict=True):
            self.games[i] = game

    def _deal(self, rngs: Sequence[np.random.Generator], index: int | None = None) -> list[Game]:
        return map_games(partial(self.dealer.deal, index=index), rngs, threads=self._threads)

    def step(self, actions: NDArray[np.integer], playing: NDArray[np.bool_] | None = None) -> list[Outcome | None]:
        """Make a move in every game, or in those with `playing`; the others answer None.

        Raises:
            ValueError: no such action, not one action per game, or a game is over.
        """
        if playing is None:
            playing = np.ones(len(self.games), np.bool_)
        if len(actions) != len(self.games):
            raise ValueError(f"{len(actions)} actions for {len(self.games)} games")
        n_actions = int(self.dealer.action_space.n)
        wrong = actions[(actions < 0) | (actions >= n_actions)]
        if len(wrong):
            raise ValueError(f"action {wrong[0]} is not in [0, {n_actions})")
        return map_games(_step, self.games, actions.tolist(), playing, threads=self._threads)

    def observe_one(self, i: int) -> NDArray[np.uint8]:
        """Draw game `i`, as a fresh (size, size, channels) uint8 array."""
        return self.dealer.observer.observe(self.games[i])

    def observe(self) -> NDArray[np.uint8]:
        """Draw all games, as a fresh (N, size, size, channels) uint8 array."""
        observer = self.dealer.observer
        observations = np.empty((len(self.games), *observer.space.shape), np.uint8)
        map_games(observer.draw, self.games, observations, threads=self._threads)
        return observations


def _step(game: Game, action: int, plays: bool) -> Outcome | None:
    return game.step(action) if plays else None
