"""What other ways to the mask cost at the same positions, each of them from nothing."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.speed.environment import Position
from cutout_rl.experiments.speed.pymaxflow import solve_with_pymaxflow
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.segmenters import GrabCutSegmenter, GraphCutSegmenter, Segmenter


def time_cold_solvers(steps: NDArray[np.float64], positions: list[Position], pymaxflow: bool) -> dict[str, float]:
    """Cut every position anew, and set the cost against that of a step.

    A step also draws, counts the IoU and observes. PyMaxflow's time is without distances, histograms and contrast: it
    is given the energy.

    Args:
        steps: milliseconds of our steps.
        positions: what to cut; at least one.
        pymaxflow: whether to fetch PyMaxflow into a throw-away environment and time it too.

    Returns:
        Milliseconds and ratios, by what they say.
    """
    solvers: dict[str, Segmenter] = {"graph cut from nothing": GraphCutSegmenter(), "cv2.grabCut": GrabCutSegmenter()}
    clock = Stopwatch()
    for name, segmenter in solvers.items():
        segmenter.segment(*positions[0])  # compiled functions are loaded
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
