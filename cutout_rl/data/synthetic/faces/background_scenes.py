"""Painters of background scenes on a small canvas."""

from collections.abc import Callable

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

CANVAS = 128
Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int]

_YS, _XS = (grid[..., None].astype(np.float32) / CANVAS for grid in np.mgrid[0:CANVAS, 0:CANVAS])


def _make_fractals() -> list[NDArray[np.float32]]:
    """Create three 384 x 384 noise tiles from smooth to rough, with standard deviation 0.5."""
    rng = np.random.default_rng(2017)
    tiles = []
    for roughness in (0.55, 0.75, 1.0):
        total = np.zeros((384, 384), dtype=np.float32)
        for octave in range(7):
            layer = rng.standard_normal((4 * 2**octave, 4 * 2**octave), dtype=np.float32)
            total += roughness**octave * cv2.resize(layer, (384, 384), interpolation=cv2.INTER_CUBIC)
        tiles.append(total * np.float32(0.5) / total.std())
    return tiles


_FRACTALS = _make_fractals()
_FIELDS = np.array([[88, 104, 56], [122, 112, 84], [110, 108, 106], [150, 138, 112]])


def noise(rng: np.random.Generator, roughness: int) -> NDArray[np.float32]:
    """Draw (128, 128, 1) noise in about [-1, 1]; `roughness` is 0, 1 or 2."""
    side = int(rng.integers(110, 384))
    top, left = (int(v) for v in rng.integers(0, 385 - side, 2))
    window = _FRACTALS[roughness][top : top + side, left : left + side]
    return cv2.resize(window, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR)[..., None].astype(
        np.float32, copy=False
    )


def _clipped(red: float, green: float, blue: float) -> Colour:
    return int(min(max(red, 0), 255)), int(min(max(green, 0), 255)), int(min(max(blue, 0), 255))


def _colour(rng: np.random.Generator, palette: Canvas) -> Colour:
    """Draw a colour, often one of the person's, so that colour alone does not separate person and background."""
    if rng.random() < 0.3:
        person, brightness = palette[rng.integers(len(palette))], rng.uniform(0.7, 1.3)
        return _clipped(*(person * brightness + rng.normal(0, 6, 3)).tolist())
    # Most walls, wood, stone and paint are warm or cold greys.
    warmth = rng.normal(0, 14)
    value, (red, green, blue) = rng.uniform(20, 235), rng.normal(0, 12, 3).tolist()
    return _clipped(value + warmth + red, value + 0.2 * warmth + green, value - warmth + blue)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _interpolate(start: NDArray[np.float32], difference: NDArray[np.float32], t: NDArray[np.float32]) -> Canvas:
    canvas = np.empty((CANVAS, CANVAS, 3), np.uint8)
    for y in range(CANVAS):
        for x in range(CANVAS):
            for k in range(3):
                light = start[k] + difference[k] * t[y, x, 0]
                canvas[y, x, k] = np.uint8(min(max(light, np.float32(0)), np.float32(255)))
    return canvas


def _blend(first: Colour, second: Colour, t: NDArray[np.float32]) -> Canvas:
    start, end = np.array(first, dtype=np.float32), np.array(second, dtype=np.float32)
    return _interpolate(start, end - start, t)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _landscape(
    sky: NDArray[np.float32], ground: NDArray[np.float32], horizon: float, clouds: NDArray[np.float32]
) -> Canvas:
    """Paint sky above the horizon, a share of the height, and ground below, with noise."""
    canvas = np.empty((CANVAS, CANVAS, 3), np.uint8)
    for y in range(CANVAS):
        down = np.float32(y) / np.float32(CANVAS)
        for x in range(CANVAS):
            cloud = np.float32(1) + np.float32(0.10) * clouds[y, x, 0]
            for k in range(3):
                if np.float32(horizon) > down:
                    light = (sky[k] + np.float32(45) * down) * cloud
                else:
                    light = ground[k] * (np.float32(0.7) + np.float32(0.5) * down) * cloud
                canvas[y, x, k] = np.uint8(min(max(light, np.float32(0)), np.float32(255)))
    return canvas


def gradient(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint a gradient between two colours, like a studio backdrop."""
    angle = rng.uniform(0, 2 * np.pi)
    t = 0.5 + (_XS - 0.5) * np.float32(np.cos(angle)) + (_YS - 0.5) * np.float32(np.sin(angle))
    return _blend(_colour(rng, palette), _colour(rng, palette), t)


def texture(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint two colours mixed by noise, like plaster, stone or cloth."""
    return _blend(_colour(rng, palette), _colour(rng, palette), 0.5 + 0.5 * noise(rng, int(rng.integers(3))))


def _tower(canvas: Canvas, rng: np.random.Generator, palette: Canvas, left: int, top: int, base: int) -> None:
    width = int(rng.integers(12, 42))
    cv2.rectangle(canvas, (left, top), (left + width, base), _colour(rng, palette), -1)
    pane = _colour(rng, palette)
    across, down = (int(v) for v in rng.integers(6, 11, 2))
    for row in range(top + 3, base - 5, down):
        for column in range(left + 3, left + width - 4, across):
            cv2.rectangle(canvas, (column, row), (column + across // 2, row + down // 2), pane, -1)


def _tree(canvas: Canvas, rng: np.random.Generator, leaves: list[float], x: int, top: int, base: int) -> None:
    cv2.line(canvas, (x, base), (x, top), (62, 50, 40), int(rng.integers(2, 6)), cv2.LINE_AA)
    spread = rng.uniform(25, 60)
    for dx, dy, radius, tone in rng.random((26, 4)).tolist():
        centre = (int(x + spread * (dx - 0.5)), int(top + spread * (dy - 0.4)))
        colour = _clipped(*(value * (0.5 + tone) for value in leaves))
        cv2.circle(canvas, centre, int(2 + 7 * radius), colour, -1, cv2.LINE_AA)


def outdoors(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint sky and ground, with trees, buildings and sometimes a road."""
    overcast = rng.uniform(0, 1)
    sky = (np.array([105, 150, 215]) * (1 - overcast) + np.array([200, 203, 208]) * overcast) * rng.uniform(0.45, 1.1)
    field = _FIELDS[rng.integers(len(_FIELDS))]
    ground = field * rng.uniform(0.6, 1.2) + rng.normal(0, 8, 3)
    horizon = float(rng.uniform(0.35, 0.8))
    canvas = _landscape(sky.astype(np.float32), ground.astype(np.float32), horizon, noise(rng, 1))
    level = int(CANVAS * horizon)
    if rng.random() < 0.4:
        end = int(rng.integers(20, CANVAS - 20))
        near = int(rng.integers(-30, CANVAS - 30))
        road = np.array([(end - 4, level), (end + 4, level), (near + 110, CANVAS), (near - 20, CANVAS)])
        cv2.fillPoly(canvas, [road], _colour(rng, palette), cv2.LINE_AA)
    leaves = [rng.uniform(35, 95), rng.uniform(55, 105), rng.uniform(25, 55)]
    for _ in range(rng.integers(2, 7)):
        x = int(rng.integers(-10, CANVAS))
        top, base = int(CANVAS * rng.uniform(0.0, 0.5)), level + int(CANVAS * rng.uniform(-0.05, 0.15))
        if rng.random() < 0.45:
            _tower(canvas, rng, palette, x, top, base)
        else:
            _tree(canvas, rng, leaves, x, top, base)
    return canvas


def room(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint a wall and a floor, with pictures, windows, bookshelves and lamps."""
    canvas = gradient(rng, palette)
    floor = int(CANVAS * rng.uniform(0.6, 1.0))
    cv2.rectangle(canvas, (0, floor), (CANVAS, CANVAS), _colour(rng, palette), -1)
    for _ in range(rng.integers(1, 5)):
        x, y = (int(v) for v in rng.integers(-20, CANVAS - 15, 2))
        w, h = (int(v) for v in rng.integers(16, 60, 2))
        window = rng.random() < 0.4
        cv2.rectangle(canvas, (x - 2, y - 2), (x + w + 2, y + h + 2), _colour(rng, palette), -1)
        inside = (
            _clipped(*(rng.uniform(170, 255) - np.array([30, 12, 0])).tolist()) if window else _colour(rng, palette)
        )
        cv2.rectangle(canvas, (x, y), (x + w, y + h), inside, -1)
        if window:
            bar = _colour(rng, palette)
            cv2.line(canvas, (x + w // 2, y), (x + w // 2, y + h), bar, 2)
            cv2.line(canvas, (x, y + h // 2), (x + w, y + h // 2), bar, 2)
    if rng.random() < 0.4:
        shelf, x = int(rng.integers(20, CANVAS - 10)), int(rng.integers(0, 20))
        while x < CANVAS:
            w, h = int(rng.integers(3, 9)), int(rng.integers(10, 22))
            cv2.rectangle(canvas, (x, shelf - h), (x + w - 1, shelf), _colour(rng, palette), -1)
            x += w
        cv2.rectangle(canvas, (0, shelf), (CANVAS, shelf + 2), _colour(rng, palette), -1)
    if rng.random() < 0.3:
        x, y = rng.uniform(0, 1, 2)
        glow = np.exp(-((_XS - x) ** 2 + (_YS - y) ** 2) / 0.05) * np.array([110, 90, 55], dtype=np.float32)
        canvas = np.clip(canvas + glow, 0, 255).astype(np.uint8)
    return canvas


def clutter(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint ellipses and polygons over a texture."""
    canvas = texture(rng, palette)
    for _ in range(rng.integers(6, 24)):
        centre = rng.uniform(0, CANVAS, 2)
        size = rng.uniform(5, 32)
        if rng.random() < 0.5:
            axes = (int(size), int(size * rng.uniform(0.3, 1)))
            place, turn = (int(centre[0]), int(centre[1])), float(rng.uniform(0, 180))
            cv2.ellipse(canvas, place, axes, turn, 0, 360, _colour(rng, palette), -1, cv2.LINE_AA)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
            corners = centre + size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            cv2.fillPoly(canvas, [corners.astype(np.int32)], _colour(rng, palette), cv2.LINE_AA)
    return canvas


def lights(rng: np.random.Generator, palette: Canvas) -> Canvas:
    """Paint defocused lights at night."""
    canvas = gradient(rng, palette) // 4
    for x, y, radius, strength in rng.random((int(rng.integers(12, 40)), 4)).tolist():
        disc = np.zeros_like(canvas)
        place = (int(x * CANVAS), int(y * CANVAS))
        cv2.circle(disc, place, int(2 + 9 * radius), _colour(rng, palette), -1, cv2.LINE_AA)
        canvas = cv2.addWeighted(canvas, 1.0, disc, 0.3 + 0.5 * strength, 0).astype(np.uint8)
    return canvas


def add_bystander(canvas: Canvas, rng: np.random.Generator, palette: Canvas) -> None:
    """Paint a second, faceless person in the colours of the palette, in place."""
    skin, hair, cloth = (_clipped(*(colour * rng.uniform(0.7, 1.3)).tolist()) for colour in palette)
    x, y = (
        int(CANVAS * rng.choice([rng.uniform(0.0, 0.25), rng.uniform(0.75, 1.0)])),
        int(CANVAS * rng.uniform(0.25, 0.6)),
    )
    size = int(rng.integers(7, 20))
    cv2.ellipse(canvas, (x, y + 3 * size), (2 * size, 2 * size), 0, 0, 360, cloth, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (x, y - size // 4), (int(0.9 * size), int(1.15 * size)), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (x, y + size // 4), (int(0.7 * size), int(0.95 * size)), 0, 0, 360, skin, -1, cv2.LINE_AA)


Painter = Callable[[np.random.Generator, Canvas], Canvas]
SCENES: tuple[tuple[Painter, float], ...] = (
    (gradient, 0.08),
    (texture, 0.10),
    (outdoors, 0.34),
    (room, 0.26),
    (clutter, 0.16),
    (lights, 0.06),
)
