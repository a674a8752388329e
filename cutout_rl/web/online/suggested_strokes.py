"""Strokes that start a cut from what the network is sure of.

A segmenter takes nothing but labelled pixels, and never gives one up. So the network draws as a person would: a line
inside the object, along its rim, and one outside, around it, both at some distance, where it is sure. A person sees
them, and can undo, erase and correct them like any others.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import NETWORK, Pen, Stroke

SURE: Final = 204  # of 255, a chance of 0.8
_DISTANCE: Final = 2  # px of the guess that a line keeps from where the network is not sure
_SMALLEST: Final = 12  # px of the guess; smaller regions are no sign of anything
_TOLERANCE: Final = 0.5  # px of the guess by which a line may be straightened


def strokes_of(chance: NDArray[np.uint8], scale: float) -> list[Stroke]:
    """Draw along the rim of every region that the network is sure of.

    Args:
        chance: (h, w) uint8, 255 where the network is sure of the object.
        scale: px of `chance` to a px of the image.

    Returns:
        Closed lines, in pixels of the image, as wide as a pixel of `chance`.

    Raises:
        CutOutError: the network is sure of no object, or of no background.
    """
    sides: tuple[tuple[Pen, NDArray[np.bool_]], ...] = (("outside", chance <= 255 - SURE), ("inside", chance >= SURE))
    strokes = []
    for pen, sure in sides:
        lines = _rims(sure)
        if not lines:
            raise CutOutError(f"The network is not sure of anything {pen} yet; teach it more.")
        for line in lines:
            points = tuple((float((x + 0.5) / scale - 0.5), float((y + 0.5) / scale - 0.5)) for x, y in line)
            strokes.append(Stroke(pen, 1 / scale, (*points, points[0]), NETWORK))
    return strokes


def _rims(sure: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Give the rims of the larger regions, each (N, 2) as (x, y)."""
    side = 2 * _DISTANCE + 1
    deep = cv2.erode(sure.astype(np.uint8), np.ones((side, side), np.uint8))
    _, parts, facts, _ = cv2.connectedComponentsWithStats(deep, connectivity=4)
    small = np.flatnonzero(facts[:, cv2.CC_STAT_AREA] < _SMALLEST)
    deep[np.isin(parts, small)] = 0
    rims, _ = cv2.findContours(deep, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(cv2.approxPolyDP(rim, _TOLERANCE, True)[:, 0], np.int32) for rim in rims]
