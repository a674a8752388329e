"""The time of other solvers at the same positions, all of them cold."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.speed.environment_speed import Position
from cutout_rl.experiments.speed.pymaxflow import solve_with_pymaxflow
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.segmenters import GrabCutSegmenter, GraphCutSegmenter, Segmenter


def time_cold_solvers(steps: NDArray[np.float64], positions: list[Position], pymaxflow: bool) -> dict[str, float]:
    """Time a cold cut of every position, and its ratio to the time of a step.

    A step also draws the stroke and computes the IoU and the observation. PyMaxflow's time excludes the computation of
    the energy: distances, histograms and contrast.

    Args:
        steps: milliseconds of our steps.
        positions: to cut, at least one.
        pymaxflow: whether to install PyMaxflow into a temporary environment and time it too.

    Returns:
        Milliseconds and ratios by name.
    """
    solvers: dict[str, Segmenter] = {"graph cut from nothing": GraphCutSegmenter(), "cv2.grabCut": GrabCutSegmenter()}
    clock = Stopwatch()
    for name, segmenter in solvers.items():
        segmenter.segment(*positions[0])  # loads compiled functions
        for position in positions:
            clock.time(name, segmenter.segment, *position)
    times = dict(clock.times)
    if pymaxflow:
        times["PyMaxflow"] = solve_with_pymaxflow(positions)
    figures = {}
    for name, milliseconds in times.items():
        figures[f"{name}, mean ms"] = float(np.mean(milliseconds))
        figures[f"{name}, median ms"] = float(np.median(milliseconds))
        figures[f"{name} / step, means"] = float(np.mean(milliseconds) / steps.mean())
        figures[f"{name} / step, medians"] = float(np.median(milliseconds) / np.median(steps))
    return figures
