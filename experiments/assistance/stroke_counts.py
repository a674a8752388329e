"""The results of the assistance study: a row for each stroke, and the mean number of strokes of each case."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.curves import mean_interval

ALONE: Final = "alone"


class StrokeRow(NamedTuple):
    """The IoU after so many strokes of the user."""

    images: str
    image: str
    person: str
    help: str
    strokes: int
    iou: float


class Case(NamedTuple):
    """A set of images, a user and a kind of help."""

    images: str
    person: str
    help: str


class Counts(NamedTuple):
    """The number of strokes for each image.

    Attributes:
        strokes: (images,) int64; the maximum where the target was missed.
        missed: (images,) bool.
    """

    strokes: NDArray[np.int64]
    missed: NDArray[np.bool_]


def count_strokes(rows: Iterable[StrokeRow], target: float, max_strokes: int) -> dict[Case, Counts]:
    """Count the strokes of each image from rows in the order of the strokes.

    Cases are sorted by images, then by user, then by first appearance.
    """
    curves: dict[Case, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        curves[Case(row.images, row.person, row.help)][row.image].append(row.iou)
    counts = {}
    for case, by_image in sorted(curves.items(), key=lambda item: item[0][:2]):
        missed = np.array([curve[-1] < target for curve in by_image.values()])
        taken = np.array([len(curve) - 1 for curve in by_image.values()])
        counts[case] = Counts(np.where(missed, max_strokes, taken), missed)
    return counts


def summarise(counts: Mapping[Case, Counts]) -> list[dict[str, Any]]:
    """Return the mean number of strokes of each case, and of strokes saved by the help, as JSON-able rows.

    Intervals are 95 % percentile bootstrap intervals over the images; savings are paired by image.
    """
    rows = []
    for case, (strokes, missed) in counts.items():
        saved = counts[case._replace(help=ALONE)].strokes - strokes
        rows.append(
            {
                **case._asdict(),
                "n": len(strokes),
                "strokes": float(strokes.mean()),
                "strokes_interval": mean_interval(strokes),
                "median": float(np.median(strokes)),
                "saved": float(saved.mean()),
                "saved_interval": mean_interval(saved),
                "without_a_stroke": float((strokes == 0).mean()),
                "missed": int(missed.sum()),
            }
        )
    return rows
