"""The results of the click benchmark: a row for each click, and the published measures (NoC, IoU@k)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.curves import mean_interval

TARGETS: Final = (0.8, 0.85, 0.9)
SHOWN: Final = (1, 3, 5, 10, 20)  # clicks after which tables show the IoU


class ClickRow(NamedTuple):
    """The result of one click."""

    method: str
    image: str
    click: int
    iou: float
    seconds: float


class ClickCurves(NamedTuple):
    """The results of a method on all images, each (images, clicks) float64."""

    ious: NDArray[np.float64]
    seconds: NDArray[np.float64]


def curves_by_method(rows: Iterable[ClickRow]) -> dict[str, ClickCurves]:
    """Arrange rows, which are in the order of the clicks, as curves for each method."""
    by_image: dict[str, dict[str, list[ClickRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_image[row.method][row.image].append(row)
    return {
        method: ClickCurves(
            np.array([[row.iou for row in curve] for curve in images.values()]),
            np.array([[row.seconds for row in curve] for curve in images.values()]),
        )
        for method, images in by_image.items()
    }


def clicks_to_reach(ious: NDArray[np.float64], target: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the clicks until an IoU is first reached.

    Args:
        ious: (images, clicks).
        target: the IoU.

    Returns:
        (images,) int64 clicks, the maximum where the target was missed; (images,) bool, whether it was missed.
    """
    reached = ious >= target
    missed: NDArray[np.bool_] = np.logical_not(reached.any(axis=1))
    return np.where(missed, ious.shape[1], reached.argmax(axis=1) + 1), missed


def summarise(curves: Mapping[str, ClickCurves]) -> list[dict[str, Any]]:
    """Return the number of clicks (NoC) to each target, the misses, IoU@k and seconds per click as JSON-able rows.

    Intervals are 95 % percentile bootstrap intervals over the images.
    """
    rows = []
    for method, (ious, seconds) in curves.items():
        row: dict[str, Any] = {"method": method, "images": len(ious), "clicks": ious.shape[1]}
        for target in TARGETS:
            clicks, missed = clicks_to_reach(ious, target)
            name = f"noc@{round(100 * target)}"
            row |= {name: float(clicks.mean()), f"{name}_interval": mean_interval(clicks)}
            row[f"failures@{round(100 * target)}"] = int(missed.sum())
        for k in SHOWN:
            if k <= ious.shape[1]:
                row |= {f"iou@{k}": float(ious[:, k - 1].mean()), f"iou@{k}_interval": mean_interval(ious[:, k - 1])}
        clicked = seconds > 0
        row["seconds_per_click"] = float(seconds[clicked].mean()) if clicked.any() else 0.0
        rows.append(row)
    return rows
