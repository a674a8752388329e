"""Strokes that start a cut from the network's confident predictions.

The segmenter accepts hard labels only, and labels are permanent. So the network suggests strokes as a user would draw
them: a line inside the object along its contour, and one outside, at some distance and only where the network is
confident. Users can undo, erase and correct them like any other stroke.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import NETWORK, Pen, Stroke

CONFIDENT: Final = 204  # of 255, a probability of 0.8
_DISTANCE: Final = 2  # px of the prediction between a line and less confident pixels
_MIN_AREA: Final = 12  # px of the prediction; smaller regions are ignored
_TOLERANCE: Final = 0.5  # px of the prediction by which a line is simplified


def suggest_strokes(probability: NDArray[np.uint8], scale: float) -> list[Stroke]:
    """Return strokes along the contour of every confident region.

    Args:
        probability: (h, w) uint8, 255 stands for a probability of 1 of the object.
        scale: px of `probability` per px of the image.

    Returns:
        Closed lines, in pixels of the image, as wide as a pixel of `probability`.

    Raises:
        CutOutError: there is no confident object or no confident background.
    """
    sides: tuple[tuple[Pen, NDArray[np.bool_]], ...] = (
        ("outside", probability <= 255 - CONFIDENT),
        ("inside", probability >= CONFIDENT),
    )
    strokes = []
    for pen, confident in sides:
        lines = _contours(confident)
        if not lines:
            raise CutOutError(f"The network has no confident prediction {pen} yet; train it longer or draw more.")
        for line in lines:
            points = tuple((float((x + 0.5) / scale - 0.5), float((y + 0.5) / scale - 0.5)) for x, y in line)
            strokes.append(Stroke(pen, 1 / scale, (*points, points[0]), NETWORK))
    return strokes


def _contours(confident: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Return the contours of the larger regions, each (N, 2) as (x, y)."""
    side = 2 * _DISTANCE + 1
    deep = cv2.erode(confident.astype(np.uint8), np.ones((side, side), np.uint8))
    _, components, stats, _ = cv2.connectedComponentsWithStats(deep, connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < _MIN_AREA)
    deep[np.isin(components, small)] = 0
    contours, _ = cv2.findContours(deep, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(cv2.approxPolyDP(contour, _TOLERANCE, True)[:, 0], np.int32) for contour in contours]
