"""N games side by side, as the vector environment and the SB3 environment play them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import ArrayLike, NDArray

from cutout_rl.game.compiled_arguments import Plain, plain, plain_scratch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.dict_observation import Observation
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.game_logic import find_action_masks, play, segment_games
from cutout_rl.game.game_state import one_game
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.threads import map_parallel

# Games differ in cost, so that each thread takes several ranges of them.
_CHUNKS: Final = 16


class Outcomes(NamedTuple):
    """The results of an action in each of N games.

    Attributes:
        rewards: (N,) float64.
        terminated: (N,) bool.
    """

    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]


class GameBatch:
    """N games of one kind, each with its own random generator, like N single environments.

    The state of all games lies in arrays, and compiled code plays a range of games on each thread.

    Attributes:
        factory: creates the games.
        rngs: the games' random generators.
        games: views of the current games; empty before the first `reset`.
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
        settings, observer = self.factory.settings, self.factory.observer
        self._state = settings.allocate(n)
        self._plain_state, self._rules = plain(self._state), plain(settings.of_play)
        self._rows = [one_game(self._state, i) for i in range(n)]
        self._images = np.empty((n, observer.size, observer.size, 3), np.uint8)  # at the size of the observations
        self._actions = np.zeros((n, settings.rules.step_count), np.int64)
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
        self._start(which, [options[i] for i in which] if options else [ResetOptions()] * len(which))

    def restart(self, which: Sequence[int]) -> None:
        """Start a new episode in some of the games, each with its own generator."""
        self._start(which, [ResetOptions()] * len(which))

    def _start(self, which: Sequence[int], options: Sequence[ResetOptions]) -> None:
        for i, chosen in zip(which, options, strict=True):
            generator = self.rngs[i].bit_generator.state
            self._histories[i] = {"generator": generator, **asdict(chosen)}
        games = map_parallel(self._start_one, which, options, threads=self._threads)
        if self.games:
            for i, game in zip(which, games, strict=True):
                self.games[i] = game
        else:
            self.games = games

    def _start_one(self, i: int, options: ResetOptions) -> Game:
        game = self.factory.new_game(self.rngs[i], options.index, options.start, self._rows[i])
        self._images[i] = game.sample.shrunk(self.factory.observer.size)
        return game

    def histories(self) -> list[dict[str, Any]]:
        """Return what `replay` needs: each game's image, actions and generator state at the start; JSON-able."""
        return [
            {**history, "image": game.sample.name, "actions": actions[: game.step_count].tolist()}
            for history, game, actions in zip(self._histories, self.games, self._actions, strict=True)
        ]

    def replay(self, histories: Sequence[Mapping[str, Any]]) -> None:
        """Restore games and generators from the result of `histories`.

        Raises:
            CutOutError: the images are no longer the same.
        """
        kept = ("generator", "index", "start")
        self._histories = [{key: history[key] for key in kept} for history in histories]
        self.games = map_parallel(self._replay_one, range(len(self.rngs)), histories, threads=self._threads)

    def _replay_one(self, i: int, history: Mapping[str, Any]) -> Game:
        self.rngs[i].bit_generator.state = history["generator"]
        chosen = {key: history[key] for key in ("index", "start")}
        game = self._start_one(i, ResetOptions.parse(chosen, self.factory.game_config.image_size))
        if game.sample.name != history["image"]:
            raise CutOutError(
                f"The images of {self.factory.game_config.data} have changed ({game.sample.name} replaces"
                f" {history['image']}); restore them or start a new run."
            )
        for step, action in enumerate(history["actions"]):
            self._actions[i, step] = action
            game.step(action)
        return game

    def step(self, actions: ArrayLike, playing: NDArray[np.bool_] | None = None) -> Outcomes:
        """Take an action in every game, or in those with `playing`.

        Returns:
            Rewards and ends in fresh arrays; 0 and False for games that are not playing.

        Raises:
            ValueError: no game yet, not one action per game, no such action, or a game is over.
        """
        if not self.games:
            raise ValueError("there is no game yet; call reset first")
        if playing is None:
            playing = np.ones(len(self.games), np.bool_)
        chosen = self._checked(actions)
        over = np.flatnonzero(playing & self._state.done)
        if len(over):
            raise ValueError(f"the episode of game {over[0]} is over; reset it before the next step")
        which = np.flatnonzero(playing)
        self._actions[which, self._state.step_count[which]] = chosen[which]
        if self.factory.settings.is_native:
            self._in_chunks(
                lambda scratch, first, last: play(self._plain_state, scratch, self._rules, chosen, playing, first, last)
            )
        else:
            map_parallel(Game.step, [self.games[i] for i in which], chosen[which].tolist(), threads=self._threads)
        return Outcomes(np.where(playing, self._state.reward, 0.0), playing & self._state.done)

    def _in_chunks(self, work: Callable[[Plain, int, int], None]) -> None:
        """Run compiled work on ranges of games: work(the thread's scratch memory, first game, last game + 1)."""
        size = self.factory.game_config.image_size
        n = len(self.games)
        chunk = max(1, n // _CHUNKS)
        firsts = range(0, n, chunk)

        def work_on(first: int) -> None:
            work(plain_scratch(size), first, min(first + chunk, n))

        map_parallel(work_on, firsts, threads=self._threads)

    def _checked(self, actions: ArrayLike) -> NDArray[np.int64]:
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
        return array.astype(np.int64)

    def observe(self) -> NDArray[np.uint8]:
        """Return the observer's observations of all games, a fresh (N, size, size, channels) uint8 array."""
        observer = self.factory.observer
        observations = np.empty((len(self.games), *observer.space.shape), np.uint8)
        if observer.shows_mask:
            self._segment()
        self._in_chunks(
            lambda scratch, first, last: observer.draw(self._plain_state, self._images, observations, first, last)
        )
        return observations

    def _segment(self) -> None:
        if self._state.is_cut.all():
            return
        if self.factory.settings.is_native:
            self._in_chunks(
                lambda scratch, first, last: segment_games(self._plain_state, scratch, self._rules, first, last)
            )
        else:
            map_parallel(Game.segment, self.games, threads=self._threads)

    def observation(self, i: int) -> Observation:
        """Return the observation of game `i` as an environment returns it, in fresh arrays."""
        return self.factory.observation(self.games[i])

    def observations(self) -> Observation:
        """Return the observations of all games as a vector environment returns them, in fresh arrays."""
        return self.factory.as_returned(self.observe(), self.moves_left)

    @property
    def moves_left(self) -> NDArray[np.float64]:
        """The shares of the moves that are left, (N,) float64 in [0, 1]."""
        left: NDArray[np.float64] = 1 - self._state.step_count / self.factory.settings.rules.step_count
        return left

    def infos(self, which: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        """Return `GameFactory.info` of all games, in arrays as Gymnasium's vector environments return them.

        Args:
            which: (N,) bool, the games whose info is wanted.

        Returns:
            An (N, ...) array for each entry and, under its name with a leading underscore, the (N,) bool games that
            have it.
        """
        state = self._state
        names = np.full(len(self.games), None)
        names[which] = [np.str_(game.sample.name) for game, wanted in zip(self.games, which, strict=True) if wanted]
        infos: dict[str, NDArray[Any]] = {"name": names, "_name": which.copy()}
        scored = which & ~np.isnan(state.iou)
        numbers: dict[str, tuple[NDArray[Any], NDArray[np.bool_]]] = {
            "step": (state.step_count, which),
            "iou": (state.iou, scored),
            "best_iou": (state.best_iou, scored),
        }
        for name, (values, known) in numbers.items():
            if known.any():
                infos |= {name: np.where(known, values, 0), f"_{name}": known.copy()}
        if self.factory.mask_in_info:
            self._segment()
            infos["mask"] = state.mask & which[:, None, None]
            infos["_mask"] = which.copy()
        return infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Return `Game.action_mask` of all games, (N, n_actions) bool.

        Raises:
            ValueError: no game yet.
        """
        if not self.games:
            raise ValueError("there is no game yet; call reset first")
        masks = np.empty((len(self.games), self.factory.settings.rules.n_actions), np.bool_)
        find_action_masks(self._plain_state, self._rules, masks)
        return masks
