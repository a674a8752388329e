"""Measures of how human-like an episode's strokes are."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import medial_axis

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.game import Game
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

CONTOUR_REACH: Final = 6.0  # px from a contour pixel to a scribble that covers it
WASTED_SHARE: Final = 0.1  # a move that newly labels fewer pixels than this share of `step_len` is wasted


@dataclass(frozen=True)
class StrokeMeasures:
    """Measures of an episode's strokes, without void pixels; NaN where there is nothing to measure.

    O is the object, B the background, S1 and S2 the pixels labelled by the inside and the outside pen, and d(p, X) the
    Euclidean distance from pixel p to the nearest pixel of X.

    Attributes:
        inside_on_side: |S1 & O| / |S1|, in [0, 1].
        outside_on_side: |S2 & B| / |S2|, in [0, 1].
        off_axis: mean over p in S1 & O of d(p, medial axis of O) / r, with r = sqrt(|O| / pi), the radius of a disc of
            the object's area; 0 for strokes on the axis (Blum, 1967).
        area_covered: |S1 & O| / |O|, in [0, 1].
        contour_covered: share in [0, 1] of the contour's pixels (those of O with a 4-neighbour outside O) with
            d(p, S1 | S2) <= 6 px.
        turning: mean absolute angle between successive moves of one pen, in degrees, in [0, 180]; moves that did not
            travel are skipped.
        wasted: share in [0, 1] of the moves that newly label no pixel, or fewer than `step_len` / 10.
    """

    inside_on_side: float
    outside_on_side: float
    off_axis: float
    area_covered: float
    contour_covered: float
    turning: float
    wasted: float


def measure_strokes(episode: Episode) -> StrokeMeasures:
    """Measure the strokes of one episode."""
    newly_labelled = []
    n_labelled = 0
    for game in episode.replay():
        newly_labelled.append(np.count_nonzero(game.labels) - n_labelled)
        n_labelled += newly_labelled[-1]
    mask, known = game.sample.mask, ~game.sample.void
    thing, ground = mask & known, ~mask & known
    inside, outside = (game.labels == label for label in (LABELLED_INSIDE, LABELLED_OUTSIDE))
    contour = thing & ndimage.binary_dilation(~thing)
    reached = _distance_to(inside | outside)[contour] <= CONTOUR_REACH
    axis = medial_axis(thing, rng=0)  # type: ignore[no-untyped-call]
    radius = np.sqrt(np.count_nonzero(thing) / np.pi)
    too_few = max(1.0, WASTED_SHARE * game.rules.step_len)
    return StrokeMeasures(
        inside_on_side=_share(thing, inside & known),
        outside_on_side=_share(ground, outside & known),
        off_axis=_mean(_distance_to(axis)[inside & thing] / radius),
        area_covered=_share(inside, thing),
        contour_covered=_mean(reached),
        turning=_mean(np.concatenate([_turns(game, pen) for pen in (0, 1)])),
        wasted=_mean(np.array(newly_labelled[1:]) < too_few),
    )


def average_measures(episodes: Iterable[Episode]) -> StrokeMeasures:
    """Measure every episode and average each measure over the episodes in which it is not NaN.

    Raises:
        ValueError: there is no episode.
    """
    measured = [measure_strokes(episode) for episode in episodes]
    if not measured:
        raise ValueError("there is no episode to measure")
    columns = {field.name: np.array([getattr(one, field.name) for one in measured]) for field in fields(StrokeMeasures)}
    return StrokeMeasures(**{name: _mean(column[~np.isnan(column)]) for name, column in columns.items()})


def _turns(game: Game, pen: int) -> NDArray[np.float64]:
    travelled = np.array([np.subtract(end, start) for owner, start, end in game.strokes if owner == pen])
    travelled = travelled[travelled.any(axis=1)] if len(travelled) else np.empty((0, 2))
    heading = np.degrees(np.arctan2(travelled[:, 0], travelled[:, 1]))
    turn = np.abs(np.diff(heading))
    return np.asarray(np.minimum(turn, 360 - turn))


def _distance_to(pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(ndimage.distance_transform_edt(~pixels), np.float64)


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return _mean(part[whole])


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")
