"""Random colours and surface textures."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]
"""(3,) float32 in [0, 255]."""

_TILE: Final = 384


def _make_fractals() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(1967)
    tiles = []
    for roughness in (0.5, 0.7, 0.95):
        total = np.zeros((_TILE, _TILE), np.float32)
        for octave in range(7):
            layer = rng.standard_normal((3 * 2**octave, 3 * 2**octave), dtype=np.float32)
            total += roughness**octave * cv2.resize(layer, (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
        tiles.append(total * np.float32(0.5) / total.std())
    return tiles


_FRACTALS: Final = _make_fractals()


def fractal(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Draw (height, width) noise of random roughness and aspect ratio, with standard deviation of about 0.5."""
    sides = _TILE * rng.uniform(0.15, 1) * np.exp(rng.normal(0, 0.5, 2))
    down, across = (min(max(int(side), 24), _TILE - 1) for side in sides.tolist())
    top, left = int(rng.integers(_TILE - down)), int(rng.integers(_TILE - across))
    window = _FRACTALS[rng.integers(3)][top : top + down, left : left + across]
    return cv2.resize(window, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def draw_colour(rng: np.random.Generator) -> Colour:
    """Draw a colour as frequent in photographs: greys and earth tones more often than bright colours."""
    kind = rng.random()
    if kind < 0.45:  # warm or cold grey
        warmth = rng.normal(0, 10)
        rgb = rng.uniform(15, 240) + np.array([warmth, 0.2 * warmth, -warmth])
    elif kind < 0.7:  # fur, wood, skin and earth
        rgb = rng.uniform(40, 230) * np.array([1, rng.uniform(0.6, 0.9), rng.uniform(0.35, 0.75)])
    elif kind < 0.83:  # leaves
        rgb = rng.uniform(40, 190) * np.array([rng.uniform(0.5, 1), 1, rng.uniform(0.25, 0.7)])
    else:
        rgb = rng.uniform(10, 245, 3)
    return np.clip(rgb + rng.normal(0, 8, 3), 0, 255).astype(np.float32)


def vary_colour(rng: np.random.Generator, colour: Colour) -> Colour:
    """Return a random variation of a colour."""
    return np.clip(colour * rng.uniform(0.65, 1.4) + rng.normal(0, 9, 3), 0, 255).astype(np.float32)


def paint_surface(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> NDArray[np.float32]:
    """Paint a (height, width, 3) float32 surface: noise, stripes, patches or a gradient of two colours, plus grain."""
    first, second = (colours[int(k)] for k in rng.integers(len(colours), size=2))
    kind = rng.random()
    if kind < 0.3:
        second = vary_colour(rng, first)
    mix = fractal(rng, height, width)
    if kind > 0.85:
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(0.15, 0.9)
        along = np.arange(width)[None] * np.cos(angle) + np.arange(height)[:, None] * np.sin(angle)
        mix = np.clip(2 * np.sin(pitch * along + rng.uniform(0, 4) * mix), -1, 1)
    elif kind > 0.7:
        mix = np.clip(rng.uniform(3, 12) * (mix - rng.uniform(-0.4, 0.4)), -1, 1)
    elif kind > 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
        mix = np.clip(0.3 * mix + down * np.sin(angle) + across * np.cos(angle), -1, 1)
    share = (0.5 + 0.5 * mix)[..., None].astype(np.float32)
    surface = first + (second - first) * share
    surface *= (1 + rng.uniform(0, 0.3) * fractal(rng, height, width))[..., None]
    return np.asarray(surface, np.float32)
