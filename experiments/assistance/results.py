"""What came out: a file of IoUs, and the means and intervals that are made of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.intervals import mean_interval

ALONE: Final = "alone"


class Row(NamedTuple):
    """The IoU after so many strokes of a person."""

    images: str
    image: str
    person: str
    help: str
    strokes: int
    iou: float


class Case(NamedTuple):
    """Which images were cut out by whom with what help."""

    images: str
    person: str
    help: str


class Counts(NamedTuple):
    """How many strokes each image took.

    Attributes:
        strokes: (images,) int64; a miss counts as many strokes as were allowed.
        missed: (images,) bool.
    """

    strokes: NDArray[np.int64]
    missed: NDArray[np.bool_]


def count(rows: Iterable[Row], target: float, most: int) -> dict[Case, Counts]:
    """Count the strokes of each image, in the order of the rows, which go on stroke by stroke until the target.

    Cases come by images, then by person, then in the order of the rows.
    """
    curves: dict[Case, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        curves[Case(row.images, row.person, row.help)][row.image].append(row.iou)
    counts = {}
    for case, by_image in sorted(curves.items(), key=lambda item: item[0][:2]):
        missed = np.array([curve[-1] < target for curve in by_image.values()])
        taken = np.array([len(curve) - 1 for curve in by_image.values()])
        counts[case] = Counts(np.where(missed, most, taken), missed)
    return counts


def summarise(counts: Mapping[Case, Counts]) -> list[dict[str, Any]]:
    """Give the mean strokes of each case and how many fewer they are than without help, as JSON-able rows.

    Intervals are 95 % percentile bootstrap intervals over the images; of what is saved, image by image.
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
