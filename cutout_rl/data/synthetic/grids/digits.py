"""Digits and writing as pen strokes, printed or handwritten."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""(N, 2) points (x, y) of a pen stroke; y points down."""

WIDTH: Final = 0.6  # width of a digit of height 1
_BETWEEN: Final = np.linspace(0, 1, 5, endpoint=False)[:, None]

_ROUND: Final[dict[int, list[tuple[float, float]]]] = {
    2: [(0.05, 0.25), (0.12, 0.06), (0.3, 0), (0.5, 0.08), (0.56, 0.28), (0.4, 0.55), (0.05, 0.98), (0.6, 1)],
    3: [
        (0.06, 0.1),
        (0.3, 0),
        (0.54, 0.14),
        (0.5, 0.36),
        (0.26, 0.46),
        (0.52, 0.56),
        (0.58, 0.8),
        (0.34, 1),
        (0.05, 0.9),
    ],
    5: [(0.54, 0), (0.14, 0.02), (0.08, 0.42), (0.32, 0.36), (0.56, 0.52), (0.54, 0.84), (0.3, 1), (0.04, 0.9)],
    6: [
        (0.5, 0.04),
        (0.2, 0.24),
        (0.06, 0.62),
        (0.16, 0.94),
        (0.4, 1),
        (0.58, 0.78),
        (0.46, 0.52),
        (0.24, 0.5),
        (0.08, 0.7),
    ],
    8: [
        (0.3, 0.46),
        (0.08, 0.24),
        (0.3, 0),
        (0.52, 0.22),
        (0.3, 0.46),
        (0.04, 0.74),
        (0.3, 1),
        (0.56, 0.74),
        (0.3, 0.46),
    ],
}
_STRAIGHT: Final[dict[int, list[tuple[float, float]]]] = {
    1: [(0.1, 0.25), (0.36, 0), (0.36, 1)],
    4: [(0.44, 1), (0.44, 0), (0.02, 0.68), (0.6, 0.68)],
    7: [(0.03, 0), (0.6, 0), (0.22, 1)],
}


def draw_digit(rng: np.random.Generator, digit: int, shake: float) -> Line:
    """Draw a digit of height 1 and width 0.6, centred at the origin.

    Args:
        rng: draws the jitter.
        digit: 1 to 9.
        shake: standard deviation of the jitter; 0 for print.
    """
    if digit == 9:
        return -draw_digit(rng, 6, shake)
    points = np.array(_STRAIGHT[digit] if digit in _STRAIGHT else _ROUND[digit]) - (WIDTH / 2, 0.5)
    points = points + shake * rng.standard_normal(points.shape)
    return points if digit in _STRAIGHT else _smooth(points)


def draw_words(rng: np.random.Generator, width: float, height: float) -> list[Line]:
    """Draw a line of pseudo-words of length `width`."""
    words, x = [], 0.0
    while x < width:
        letters = int(rng.integers(3, 22))
        steps = height * rng.uniform(0.15, 0.4, letters).cumsum()
        heights = height * rng.uniform(-0.5, 0.5, letters)
        inside = x + steps < width
        if inside.sum() > 1:
            words.append(np.stack([x + steps[inside], heights[inside]], axis=1))
        x += float(steps[-1]) + 0.6 * height
    return words


def shaken(rng: np.random.Generator, start: NDArray[np.float64], end: NDArray[np.float64], shake: float) -> Line:
    """Draw a line between two points; `shake` is the size of the deviations of a hand-drawn line, 0 for a ruled one."""
    along = np.linspace(0, 1, 17)[:, None]
    bends = (rng.standard_normal((3, 2)) / [[1], [2], [3]])[:, None] * np.sin(
        np.pi * np.array([1, 2, 3])[:, None] * along.T
    )[..., None]
    line: Line = start + along * (end - start) + shake * bends.sum(axis=0)
    return line


def _smooth(points: Line) -> Line:
    """Interpolate points by a Catmull-Rom spline."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    before, here, there, after = (padded[k : len(padded) - 3 + k, None] for k in range(4))
    t = _BETWEEN
    curve = 0.5 * (
        2 * here
        + (there - before) * t
        + (2 * before - 5 * here + 4 * there - after) * t**2
        + (3 * here - before - 3 * there + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])
