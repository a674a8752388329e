"""Arguments of compiled functions as plain tuples, which numba accepts about ten times as fast as named ones."""

from threading import local
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game_state import GameState
from cutout_rl.segmenters.components import Runs
from cutout_rl.segmenters.energy import ContrastScratch, UnaryChanges
from cutout_rl.segmenters.geodesic import BucketQueue
from cutout_rl.segmenters.geodesic_sweep import SweepScratch
from cutout_rl.segmenters.graph_cut_state import CutSettings, GraphCutState, Scratch
from cutout_rl.segmenters.search_trees import FlowScratch
from cutout_rl.segmenters.thread_scratch import thread_scratch

Plain = Any  # nested plain tuples of arrays and numbers

_kept = local()


class PlaySettings(NamedTuple):
    """What the rules need to know besides the state.

    Attributes:
        step_len: pixels that a pen moves.
        step_count: actions in an episode.
        reward: number of the reward's kind (`cutout_rl.game.reward`).
        shaping_gamma: the learner's discount factor.
        tip: (N, 2) int64, pixels that the pen marks (`pen_tip`).
        cut: settings of the default segmenter.
    """

    step_len: int
    step_count: int
    reward: int
    shaping_gamma: float
    tip: NDArray[np.int64]
    cut: CutSettings


# The index of the one named tuple in each of them, its last entry.
_STATE: Final = len(GameState._fields) - 1
_SETTINGS: Final = len(PlaySettings._fields) - 1


def plain(values: Any) -> Any:
    """Turn a named tuple, and those in it, into plain tuples."""
    return tuple(plain(value) for value in values) if isinstance(values, tuple) else values


def plain_scratch(image_size: int) -> Plain:
    """Return this thread's scratch memory for square images, as a plain tuple."""
    scratch = thread_scratch(image_size, image_size)
    if getattr(_kept, "scratch", None) is not scratch:
        _kept.scratch, _kept.plain = scratch, plain(scratch)
    kept: Plain = _kept.plain
    return kept


@numba.njit(cache=True, nogil=True)
def as_state(games: Plain) -> GameState:
    """Return the state of which `games` is the plain form."""
    # numba has no _make, and mypy cannot count what is unpacked.
    return GameState(*games[:_STATE], GraphCutState(*games[_STATE]))  # type: ignore[call-arg]


@numba.njit(cache=True, nogil=True)
def as_settings(settings: Plain) -> PlaySettings:
    """Return the settings of which `settings` is the plain form."""
    return PlaySettings(*settings[:_SETTINGS], CutSettings(*settings[_SETTINGS]))  # type: ignore[call-arg]


@numba.njit(cache=True, nogil=True)
def as_scratch(scratch: Plain) -> Scratch:
    """Return the scratch memory of which `scratch` is the plain form."""
    lab, contrast, index_of, ratios, seeds, queue, sweep, changed, flow, runs = scratch
    return Scratch(
        lab,
        ContrastScratch(*contrast),
        index_of,
        ratios,
        seeds,
        BucketQueue(*queue),
        SweepScratch(*sweep),
        UnaryChanges(*changed),
        FlowScratch(*flow),
        Runs(*runs),
    )
