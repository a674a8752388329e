"""Closed outlines, as polygons, from which figures are composed."""

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
"""(N, 2) points (x, y); y points down, and figures are about 2 units wide."""

_ANGLES = np.linspace(0, 2 * np.pi, 72, endpoint=False)
_HARMONICS = np.arange(2, 8)[:, None]
_ALONG = np.linspace(0, 1, 14)


def blob(rng: np.random.Generator, width: float, height: float, roughness: float = 0.25) -> Outline:
    """Draw an ellipse with half axes of about `width` and `height`, deformed by low harmonics."""
    waves = np.cos(_HARMONICS * _ANGLES + rng.uniform(0, 2 * np.pi, (len(_HARMONICS), 1)))
    radius = (rng.normal(0, roughness, (len(_HARMONICS), 1)) / _HARMONICS * waves).sum(axis=0)
    x, y = np.exp(radius) * np.cos(_ANGLES), np.exp(radius) * np.sin(_ANGLES)
    return np.stack([width * x, height * y], axis=1)


def box(rng: np.random.Generator, width: float, height: float) -> Outline:
    """Draw a rectangle with rounded corners and slanted sides."""
    power = rng.uniform(0.1, 0.6)
    cosine, sine = np.cos(_ANGLES), np.sin(_ANGLES)
    x, y = np.sign(cosine) * np.abs(cosine) ** power, np.sign(sine) * np.abs(sine) ** power
    slant = rng.normal(0, 0.12)
    taper = 1 + rng.normal(0, 0.12) * y
    return np.stack([width * (x * taper + slant * y), height * y], axis=1)


def polygon(rng: np.random.Generator, width: float, height: float) -> Outline:
    """Draw a polygon with 3 to 9 corners around the centre."""
    count = int(rng.integers(3, 10))
    angles = (np.arange(count) + rng.uniform(-0.4, 0.4, count)) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
    radius = rng.uniform(0.55, 1.1, count)
    return np.stack([width * radius * np.cos(angles), height * radius * np.sin(angles)], axis=1)


def limb(
    rng: np.random.Generator, start: tuple[float, float], angle: float, length: float, width: float
) -> tuple[Outline, tuple[float, float]]:
    """Draw a bent, tapered tube.

    Args:
        rng: draws bend and taper.
        start: (x, y) of its start.
        angle: initial direction, radians; 0 is right, pi / 2 is down.
        length: length of the tube.
        width: initial width.

    Returns:
        The outline, and (x, y) of the end.
    """
    bend, knee = rng.normal(0, 0.5), rng.normal(0, 0.5)
    direction = angle + bend * _ALONG + knee * (_ALONG > 0.5)
    step = length / (len(_ALONG) - 1) * np.stack([np.cos(direction), np.sin(direction)], axis=1)
    spine = np.array(start) + np.cumsum(step, axis=0) - step[0]
    half = 0.5 * width * (1 + (rng.uniform(0.35, 1.1) - 1) * _ALONG)
    normal = np.stack([-np.sin(direction), np.cos(direction)], axis=1) * half[:, None]
    tip = spine[-1] + step[-1] * half[-1] / max(length / len(_ALONG), 1e-6)
    outline = np.concatenate([spine + normal, tip[None], (spine - normal)[::-1]])
    return outline, (float(spine[-1, 0]), float(spine[-1, 1]))


def moved(outline: Outline, x: float, y: float, turn: float = 0.0) -> Outline:
    """Rotate an outline about the origin, by `turn` radians, and translate it."""
    cosine, sine = np.cos(turn), np.sin(turn)
    turned: Outline = outline @ np.array([[cosine, sine], [-sine, cosine]]) + np.array([x, y])
    return turned
