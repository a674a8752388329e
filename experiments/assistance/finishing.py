"""Finishing what a person has begun: whether an agent improves or harms a mask that is nearly good enough."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.assisted_user import PAGE_SEGMENTER
from cutout_rl.experiments.curves import mean_interval
from cutout_rl.experiments.simulated_users.corrections import CorrectingUser
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing

HARM: Final = 0.02  # loss of IoU that counts as harm
BINS: Final = 5  # of the reliability
ALL: Final = "all"


class FinishRow(NamedTuple):
    """What an agent has made of a person's mask.

    Attributes:
        images: the set.
        image: its name.
        person: the simulated user.
        strokes: the user's.
        before: IoU of the user's mask, NaN if it never reaches the target.
        after: IoU when the agent had finished.
        moves: strokes of the agent.
        estimate: the agent's estimate of the IoU that it left, NaN if it makes none.
    """

    images: str
    image: str
    person: str
    strokes: int
    before: float
    after: float
    moves: int
    estimate: float


def finish(
    sample: Sample, assistant: Assistant, user: CorrectingUser, target: float, max_strokes: int
) -> tuple[int, float, float, int, float]:
    """Play a user who draws up to an IoU, and an agent that finishes.

    Args:
        sample: the image and its ground truth.
        assistant: the agent.
        user: chooses the user's strokes.
        target: IoU at which the agent takes over.
        max_strokes: number of strokes after which the user gives up.

    Returns:
        `strokes` to `estimate` of a `FinishRow`.
    """
    drawing = Drawing(sample.image, make_segmenter(PAGE_SEGMENTER))
    strokes, before = 0, 0.0
    while before < target:
        stroke = user(drawing.mask(), sample)
        if stroke is None or strokes == max_strokes:
            return strokes, math.nan, math.nan, 0, math.nan
        drawing.apply(stroke)
        strokes += 1
        before = intersection_over_union(drawing.mask(), sample.mask, sample.void)
    moves = 0
    while (stroke := assistant.next_stroke(drawing)) is not None:
        drawing.apply(stroke)
        moves += 1
    after = intersection_over_union(drawing.mask(), sample.mask, sample.void)
    estimate = assistant.estimate_iou(drawing)
    return strokes, before, after, moves, math.nan if estimate is None else estimate


def summarise_finishes(rows: Iterable[FinishRow]) -> list[dict[str, Any]]:
    """Return what the agent changed in each set of images, by user and over all users, as JSON-able rows.

    Intervals are 95 % percentile bootstrap intervals over the masks.
    """
    groups: dict[tuple[str, str], list[FinishRow]] = {}
    for row in rows:
        if math.isnan(row.before):
            continue
        for person in (row.person, ALL):
            groups.setdefault((row.images, person), []).append(row)
    return [_summary(images, person, group) for (images, person), group in sorted(groups.items())]


def _summary(images: str, person: str, rows: Sequence[FinishRow]) -> dict[str, Any]:
    before, after, estimate = (
        np.array([getattr(row, name) for row in rows]) for name in ("before", "after", "estimate")
    )
    change = after - before
    return {
        "images": images,
        "person": person,
        "n": len(rows),
        "before": float(before.mean()),
        "after": float(after.mean()),
        "change": float(change.mean()),
        "change_interval": mean_interval(change),
        "harmed": float((change < -HARM).mean()),
        "improved": float((change > HARM).mean()),
        "untouched": float(np.mean([row.moves == 0 for row in rows])),
        "estimate_error": None if np.isnan(estimate).any() else float(np.abs(estimate - after).mean()),
        "calibration_error": None if np.isnan(estimate).any() else calibration_error(estimate, after),
    }


def calibration_error(estimates: NDArray[np.float64], ious: NDArray[np.float64], bins: int = BINS) -> float:
    """Compute the expected calibration error (Naeini et al., AAAI 2015) of estimates of the IoU.

    It is the mean of |mean estimate - mean IoU| over groups of equal number, by estimate.

    Args:
        estimates: (N,) of the IoU.
        ious: (N,) true.
        bins: number of groups.
    """
    groups = groups_by_estimate(estimates, bins)
    gaps = [len(group) * abs(estimates[group].mean() - ious[group].mean()) for group in groups]
    return float(np.sum(gaps) / len(estimates))


def groups_by_estimate(estimates: NDArray[np.float64], bins: int = BINS) -> list[NDArray[np.intp]]:
    """Return the indices of (N,) estimates in up to `bins` groups of equal number, from the lowest to the highest."""
    order = np.argsort(estimates, kind="stable")
    return [group for group in np.array_split(order, bins) if len(group)]
