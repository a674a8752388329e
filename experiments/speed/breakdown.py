"""The time of a step and of a reset, by part."""

from statistics import fmean
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.game.start_points import sample_start
from cutout_rl.segmenters import INSIDE, OUTSIDE, GraphCutSegmenter, Label
from cutout_rl.segmenters.graph_cut_session import GraphCutSession
from cutout_rl.utils.progress import track

NEW_FACE: Final = "new face"
CACHED_FACE: Final = "image drawn before"
STARTS: Final = "start points"
BEGIN: Final = "what depends on the image alone"
LABEL: Final = "labelling: distances and histograms"
CUT: Final = "cut"
IOU: Final = "IoU"
OBSERVATION: Final = "observation"
REST: Final = "the rest: strokes, rules, Python"
ORDER: Final = (CACHED_FACE, STARTS, BEGIN, LABEL, CUT, IOU, OBSERVATION)
GAME: Final = "the game"  # contains BEGIN, LABEL, CUT, IOU and the rest

_LABELS: Final[tuple[Label, Label]] = (INSIDE, OUTSIDE)


class Breakdown(NamedTuple):
    """Mean milliseconds by part.

    Attributes:
        step: of a step, by part.
        reset: of a reset on a cached face, by part.
        new_face: of drawing a new face.
    """

    step: dict[str, float]
    reset: dict[str, float]
    new_face: float


def break_down(image_size: int, episodes: int) -> Breakdown:
    """Time every part of episodes of random actions at the environment's defaults.

    A step is one call of compiled code. Its parts are done a second time outside it, one by one, and their times are
    subtracted from that of the step, so that the parts sum to it.
    """
    factory = GameFactory(GameConfig(image_size=image_size))
    clock = Stopwatch()
    resets, plays = [], []
    rng = np.random.default_rng((0, 1))  # differs from the seeds of environments, so that no face is cached
    for _ in track(range(episodes + 1), "timing the parts"):
        game, session = _reset(factory, rng, clock)
        resets.append(_totals(clock))
        for action in rng.integers(0, N_MOVES, game.rules.step_count).tolist():
            clock.time(GAME, game.step, action)
            marked = game.state.marked[0, : game.state.marked_count[0]]
            clock.time(LABEL, _label, session, marked, _LABELS[action // N_DIRECTIONS])
            _time_again(game, session, factory, clock)
        plays.append(_totals(clock))
    # The first episode loads compiled functions and is not counted.
    step_count = factory.game_config.step_count
    step = {name: fmean(play[name] for play in plays[1:]) / step_count for name in plays[0]}
    reset = {name: fmean(times[name] for times in resets[1:]) for name in resets[0]}
    for name in (LABEL, CUT):
        step[name] -= _call_time(session)
    return Breakdown(_with_rest(step), _with_rest(reset), reset[NEW_FACE])


def _reset(factory: GameFactory, rng: np.random.Generator, clock: Stopwatch) -> tuple[Game, GraphCutSession]:
    index = int(rng.integers(len(factory.source)))
    clock.time(NEW_FACE, factory.source.__getitem__, index)
    sample = clock.time(CACHED_FACE, factory.source.__getitem__, index)
    start = clock.time(STARTS, sample_start, sample.mask, sample.void, rng)
    game = clock.time(GAME, Game, sample, start, factory.settings)
    session: GraphCutSession = clock.time(BEGIN, GraphCutSegmenter().begin, sample.image)
    for layer, label in enumerate(_LABELS, start=1):
        clock.time(LABEL, _label, session, np.argwhere(game.labels == layer), label)
    _time_again(game, session, factory, clock)
    return game, session


def _label(session: GraphCutSession, pixels: NDArray[np.integer], label: Label) -> None:
    session.label(pixels, label)
    session.apply_labels()


def _call_time(session: GraphCutSession) -> float:
    """Return the milliseconds that a call of compiled code takes; a step needs one for all its parts."""
    clock = Stopwatch()
    for _ in range(100):
        clock.time(LABEL, _label, session, np.empty((0, 2), np.int32), INSIDE)
    return min(clock.times[LABEL])


def _time_again(game: Game, session: GraphCutSession, factory: GameFactory, clock: Stopwatch) -> None:
    mask = clock.time(CUT, session.cut)
    clock.time(IOU, intersection_over_union, mask, game.sample.mask, game.sample.void)
    clock.time(OBSERVATION, factory.observer.observe, game)


def _totals(clock: Stopwatch) -> dict[str, float]:
    totals = {name: sum(times) for name, times in clock.times.items()}
    clock.times.clear()
    return totals


def _with_rest(parts: dict[str, float]) -> dict[str, float]:
    inside_game = sum(parts.get(name, 0) for name in (BEGIN, LABEL, CUT, IOU))
    rest = parts[GAME] - inside_game
    return {**{name: parts[name] for name in ORDER if name in parts}, REST: rest}
