"""Shapes of annotation tools that are no polygons, as polygons."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_CORNERS: Final = 256  # of an ellipse


def ellipse(centre: Any, radii: Any, angle: float = 0.0) -> NDArray[np.float64]:
    """Return the (N, 2) corners of an ellipse.

    Args:
        centre: x and y.
        radii: along x and along y, before it is turned.
        angle: by which it is turned clockwise on the screen, in radians.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    if not np.isfinite([*centre, *radii, angle]).all():
        raise ValueError("an ellipse has numbers that are not finite")
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.asarray(radii, np.float64)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(np.asarray(centre, np.float64) + points @ turn)


def rectangle(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """Return the (4, 2) corners of an upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
