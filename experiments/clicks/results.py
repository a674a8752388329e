"""What came out: a file of IoUs and seconds per click, and the published measures that are made of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.intervals import mean_interval

TARGETS: Final = (0.8, 0.85, 0.9)
SHOWN: Final = (1, 3, 5, 10, 20)  # clicks after which tables give the IoU


class Row(NamedTuple):
    """One click."""

    method: str
    image: str
    click: int
    iou: float
    seconds: float


class Curves(NamedTuple):
    """What a method made of all images, each (images, clicks) float64."""

    ious: NDArray[np.float64]
    seconds: NDArray[np.float64]


def curves_of(rows: Iterable[Row]) -> dict[str, Curves]:
    """Sort rows, click by click, into a curve for each method and image."""
    played: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        played[row.method][row.image].append(row)
    return {
        method: Curves(
            np.array([[row.iou for row in curve] for curve in images.values()]),
            np.array([[row.seconds for row in curve] for curve in images.values()]),
        )
        for method, images in played.items()
    }


def clicks_to(ious: NDArray[np.float64], target: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the clicks until an IoU is reached for the first time.

    Args:
        ious: (images, clicks).
        target: the IoU.

    Returns:
        (images,) int64 clicks, where it was missed all that were allowed; (images,) bool, whether it was missed.
    """
    reached = ious >= target
    missed: NDArray[np.bool_] = np.logical_not(reached.any(axis=1))
    return np.where(missed, ious.shape[1], reached.argmax(axis=1) + 1), missed


def summarise(curves: Mapping[str, Curves]) -> list[dict[str, Any]]:
    """Give the number of clicks (NoC) to each target, the failures, IoU@k and the seconds per click, as JSON-able rows.

    Intervals are 95 % percentile bootstrap intervals over the images.
    """
    rows = []
    for method, (ious, seconds) in curves.items():
        row: dict[str, Any] = {"method": method, "images": len(ious), "clicks": ious.shape[1]}
        for target in TARGETS:
            taken, missed = clicks_to(ious, target)
            name = f"noc@{round(100 * target)}"
            row |= {name: float(taken.mean()), f"{name}_interval": mean_interval(taken)}
            row[f"failures@{round(100 * target)}"] = int(missed.sum())
        for k in SHOWN:
            if k <= ious.shape[1]:
                row |= {f"iou@{k}": float(ious[:, k - 1].mean()), f"iou@{k}_interval": mean_interval(ious[:, k - 1])}
        clicked = seconds > 0
        row["seconds_per_click"] = float(seconds[clicked].mean()) if clicked.any() else 0.0
        rows.append(row)
    return rows
