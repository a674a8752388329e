"""The time of a step and of a reset, by part."""

from statistics import fmean
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.experiments.speed.timed_game import timed_game
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import N_MOVES
from cutout_rl.game.start_points import sample_start
from cutout_rl.game.strokes import LABELLED_INSIDE, draw_stroke
from cutout_rl.segmenters import GraphCutSegmenter, Label, Session
from cutout_rl.segmenters.graph_cut_session import GraphCutSession
from cutout_rl.utils.progress import track

NEW_FACE: Final = "new face"
CACHED_FACE: Final = "image drawn before"
STARTS: Final = "start points"
BEGIN: Final = "what depends on the image alone"
STROKE: Final = "rasterising the stroke"
LABEL: Final = "labelling: distances and histograms"
CUT: Final = "cut"
IOU: Final = "IoU"
OBSERVATION: Final = "observation"
REST: Final = "the rest: moves, rules, Python"
ORDER: Final = (CACHED_FACE, STARTS, BEGIN, STROKE, LABEL, CUT, IOU, OBSERVATION)
GAME: Final = "the game"  # contains BEGIN, STROKE, LABEL, CUT, IOU and the rest


class _TimedSession:
    """A session that times labelling and cutting separately."""

    def __init__(self, session: GraphCutSession, clock: Stopwatch) -> None:
        self._session = session
        self._clock = clock

    def label(self, pixels: NDArray[np.integer], label: Label) -> None:
        self._clock.time(LABEL, self._session.label, pixels, label)

    def cut(self) -> NDArray[np.bool_]:
        return self._clock.time(CUT, self._session.cut)

    def copy(self) -> Session:
        return _TimedSession(self._session.copy(), self._clock)


class _TimedSegmenter:
    """The default segmenter with timed sessions."""

    def __init__(self, clock: Stopwatch) -> None:
        self._segmenter = GraphCutSegmenter()
        self._clock = clock
        self.segment = self._segmenter.segment

    def begin(self, image: NDArray[np.uint8]) -> Session:
        return _TimedSession(self._clock.time(BEGIN, self._segmenter.begin, image), self._clock)


class Breakdown(NamedTuple):
    """Mean milliseconds by part.

    Attributes:
        step: of a step, by part.
        reset: of a reset on a cached face, by part.
        new_face: of rendering a new face.
    """

    step: dict[str, float]
    reset: dict[str, float]
    new_face: float


def break_down(image_size: int, episodes: int) -> Breakdown:
    """Time every part of episodes of random actions.

    Labelling and cuts are timed inside the game. Strokes and IoUs are computed a second time outside it, and that time
    is subtracted from the rest, so that the parts sum to the time of a step.
    """
    game_config = timed_game(image_size)
    factory = GameFactory(game_config)
    clock = Stopwatch()
    segmenter = _TimedSegmenter(clock)
    resets, plays = [], []
    rng = np.random.default_rng((0, 1))  # differs from the seeds of environments, so that no face is cached
    for _ in track(range(episodes + 1), "timing the parts"):
        game = _reset(factory, segmenter, rng, clock)
        resets.append(_totals(clock))
        for action in rng.integers(0, N_MOVES, game_config.step_count):
            _step(game, factory, int(action), clock)
        plays.append(_totals(clock))
    # The first episode loads compiled functions and is not counted.
    step = {name: fmean(play[name] for play in plays[1:]) / game_config.step_count for name in plays[0]}
    reset = {name: fmean(times[name] for times in resets[1:]) for name in resets[0]}
    return Breakdown(_with_rest(step), _with_rest(reset), reset[NEW_FACE])


def _reset(factory: GameFactory, segmenter: _TimedSegmenter, rng: np.random.Generator, clock: Stopwatch) -> Game:
    index = int(rng.integers(len(factory.source)))
    clock.time(NEW_FACE, factory.source.__getitem__, index)
    sample = clock.time(CACHED_FACE, factory.source.__getitem__, index)
    start = clock.time(STARTS, sample_start, sample.mask, sample.void, rng)
    game = clock.time(GAME, Game, sample, start, factory.game_config.rules(), segmenter, factory.game_config.reward)
    _time_again(game, factory, clock)
    return game


def _step(game: Game, factory: GameFactory, action: int, clock: Stopwatch) -> None:
    labels = game.labels.copy()
    clock.time(GAME, game.step, action)
    pen, start, end = game.strokes[-1]
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    direction = ((end[0] > start[0]) - (end[0] < start[0]), (end[1] > start[1]) - (end[1] < start[1]))
    width = factory.game_config.pen_width
    clock.time(STROKE, draw_stroke, labels, start, direction, length, width, LABELLED_INSIDE + pen)
    _time_again(game, factory, clock)


def _time_again(game: Game, factory: GameFactory, clock: Stopwatch) -> None:
    clock.time(IOU, intersection_over_union, game.mask, game.sample.mask, game.sample.void)
    clock.time(OBSERVATION, factory.observer.observe, game)


def _totals(clock: Stopwatch) -> dict[str, float]:
    totals = {name: sum(times) for name, times in clock.times.items()}
    clock.times.clear()
    return totals


def _with_rest(parts: dict[str, float]) -> dict[str, float]:
    inside_game = sum(parts.get(name, 0) for name in (BEGIN, STROKE, LABEL, CUT, IOU))
    rest = parts[GAME] - inside_game
    return {**{name: parts[name] for name in ORDER if name in parts}, REST: rest}
