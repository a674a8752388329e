"""What stands behind the person: skies and grounds, rooms, clutter, foliage, lights out of focus."""

import cv2
import numpy as np
from numpy.typing import NDArray

_CANVAS = 128
Image = NDArray[np.uint8]


def _colour(rng: np.random.Generator, palette: Image) -> tuple[int, int, int]:
    """Draw a colour: often one of the person's own, so that colour alone cannot tell the two apart."""
    if rng.random() < 0.3:
        base = palette[rng.integers(len(palette))].astype(np.float64) * rng.uniform(0.7, 1.3)
    else:
        grey = rng.uniform(20, 235)
        base = grey + rng.normal(0, 20, 3)
    red, green, blue = np.clip(base + rng.normal(0, 6, 3), 0, 255)
    return int(red), int(green), int(blue)


def _make_fractals() -> list[NDArray[np.float32]]:
    """Make three 384 x 384 tiles of noise, standard deviation 0.5, from smooth to rough."""
    rng = np.random.default_rng(2017)
    tiles = []
    for roughness in (0.6, 0.8, 1.0):
        total = np.zeros((384, 384), dtype=np.float32)
        for octave in range(7):
            layer = rng.standard_normal((4 * 2**octave, 4 * 2**octave), dtype=np.float32)
            total += roughness**octave * cv2.resize(layer, (384, 384), interpolation=cv2.INTER_CUBIC)
        tiles.append(total * np.float32(0.5) / total.std())
    return tiles


_FRACTALS = _make_fractals()


def _noise(rng: np.random.Generator, tile: int) -> NDArray[np.float32]:
    """Cut a canvas of noise, (128, 128, 1) in about [-1, 1], out of a tile: 0 is the smoothest, 2 the roughest."""
    side = int(rng.integers(110, 384))
    top, left = (int(v) for v in rng.integers(0, 384 - side, 2))
    window = _FRACTALS[tile][top : top + side, left : left + side]
    return cv2.resize(window, (_CANVAS, _CANVAS), interpolation=cv2.INTER_LINEAR)[..., None]


def _gradient(rng: np.random.Generator, palette: Image) -> Image:
    first, second = np.array(_colour(rng, palette)), np.array(_colour(rng, palette))
    angle = rng.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[0:_CANVAS, 0:_CANVAS] / _CANVAS - 0.5
    t = np.clip(0.5 + xs * np.cos(angle) + ys * np.sin(angle), 0, 1)[..., None]
    return np.asarray(first * (1 - t) + second * t, dtype=np.uint8)


def _texture(rng: np.random.Generator, palette: Image) -> Image:
    first, second = np.array(_colour(rng, palette)), np.array(_colour(rng, palette))
    t = 0.5 + 0.5 * _noise(rng, int(rng.integers(3)))
    return np.asarray(np.clip(first * (1 - t) + second * t, 0, 255), dtype=np.uint8)


def _outdoors(rng: np.random.Generator, palette: Image) -> Image:
    sky = np.array([rng.uniform(120, 220), rng.uniform(150, 225), rng.uniform(190, 250)]) * rng.uniform(0.5, 1.0)
    ground = np.array([rng.uniform(60, 150), rng.uniform(70, 140), rng.uniform(30, 100)])
    ys = (np.mgrid[0:_CANVAS, 0:_CANVAS][0] / _CANVAS)[..., None]
    horizon = rng.uniform(0.3, 0.8)
    canvas = np.where(ys < horizon, sky + 40 * ys, ground * (0.7 + 0.5 * ys))
    canvas = np.clip(canvas * (1 + 0.12 * _noise(rng, 1)), 0, 255).astype(np.uint8)
    leaves = np.array([rng.uniform(30, 90), rng.uniform(50, 110), rng.uniform(20, 50)])
    for _ in range(rng.integers(2, 6)):
        trunk = int(rng.integers(_CANVAS))
        top, base = int(_CANVAS * rng.uniform(0.05, 0.5)), int(_CANVAS * (horizon + rng.uniform(-0.05, 0.2)))
        if rng.random() < 0.5:
            width = int(rng.integers(12, 50))
            cv2.rectangle(canvas, (trunk, top), (trunk + width, base), _colour(rng, palette), -1)
            pane = _colour(rng, palette)
            for row in range(top + 4, base - 6, 12):
                for column in range(trunk + 3, trunk + width - 6, 9):
                    cv2.rectangle(canvas, (column, row), (column + 4, row + 6), pane, -1)
        else:
            cv2.line(canvas, (trunk, base), (trunk, top), (60, 45, 35), int(rng.integers(2, 7)))
            for x, y, r, tone in rng.random((40, 4)):
                centre = (int(trunk + 70 * (x - 0.5)), int(top + 70 * (y - 0.4)))
                shade = leaves * (0.5 + tone)
                cv2.circle(canvas, centre, int(3 + 8 * r), (int(shade[0]), int(shade[1]), int(shade[2])), -1)
    return canvas


def _room(rng: np.random.Generator, palette: Image) -> Image:
    canvas = _gradient(rng, palette)
    floor = int(_CANVAS * rng.uniform(0.6, 1.0))
    cv2.rectangle(canvas, (0, floor), (_CANVAS, _CANVAS), _colour(rng, palette), -1)
    for _ in range(rng.integers(1, 4)):
        x, y = (int(v) for v in rng.integers(-20, _CANVAS - 20, 2))
        w, h = (int(v) for v in rng.integers(25, 80, 2))
        cv2.rectangle(canvas, (x - 3, y - 3), (x + w + 3, y + h + 3), _colour(rng, palette), -1)
        cv2.rectangle(canvas, (x, y), (x + w, y + h), _colour(rng, palette), -1)
        if rng.random() < 0.5:
            bar = _colour(rng, palette)
            cv2.line(canvas, (x + w // 2, y), (x + w // 2, y + h), bar, 2)
            cv2.line(canvas, (x, y + h // 2), (x + w, y + h // 2), bar, 2)
    if rng.random() < 0.5:
        shelf = int(rng.integers(30, _CANVAS - 30))
        x = int(rng.integers(0, 20))
        while x < _CANVAS:
            w, h = int(rng.integers(4, 12)), int(rng.integers(14, 30))
            cv2.rectangle(canvas, (x, shelf - h), (x + w - 1, shelf), _colour(rng, palette), -1)
            x += w
        cv2.rectangle(canvas, (0, shelf), (_CANVAS, shelf + 3), _colour(rng, palette), -1)
    return canvas


def _clutter(rng: np.random.Generator, palette: Image) -> Image:
    canvas = _texture(rng, palette)
    for _ in range(rng.integers(8, 30)):
        centre = rng.uniform(0, _CANVAS, 2)
        size = rng.uniform(6, 45)
        if rng.random() < 0.5:
            axes = (int(size), int(size * rng.uniform(0.3, 1)))
            place = (int(centre[0]), int(centre[1]))
            cv2.ellipse(canvas, place, axes, float(rng.uniform(0, 180)), 0, 360, _colour(rng, palette), -1)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
            corners = centre + size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            cv2.fillPoly(canvas, [corners.astype(np.int32)], _colour(rng, palette))
    return canvas


def _lights(rng: np.random.Generator, palette: Image) -> Image:
    canvas = (_gradient(rng, palette) // 4).astype(np.uint8)
    for _ in range(rng.integers(15, 50)):
        x, y = (int(v) for v in rng.integers(0, _CANVAS, 2))
        disc = np.zeros_like(canvas)
        cv2.circle(disc, (x, y), int(rng.integers(3, 14)), _colour(rng, palette), -1)
        canvas = cv2.addWeighted(canvas, 1.0, disc, 0.6, 0)
    return canvas


_KINDS = (_gradient, _texture, _outdoors, _room, _clutter, _lights)
_WEIGHTS = np.array([0.08, 0.10, 0.34, 0.26, 0.16, 0.06])


def draw_background(rng: np.random.Generator, palette: Image, size: int) -> Image:
    """Draw a background, (size, size, 3) uint8 RGB; some of its colours come from the (K, 3) uint8 palette."""
    kind = _KINDS[rng.choice(len(_KINDS), p=_WEIGHTS)]
    canvas = kind(rng, palette)
    if kind is not _gradient:
        grain = 1 + 0.07 * _noise(rng, 2)
        canvas = np.clip(canvas * grain, 0, 255).astype(np.uint8)
    blur = float(rng.choice([0.0, 0.8, 1.6, 3.0, 6.0], p=[0.2, 0.25, 0.25, 0.2, 0.1]))
    if blur > 0:
        canvas = cv2.GaussianBlur(canvas, (0, 0), blur).astype(np.uint8)
    method = cv2.INTER_AREA if size < _CANVAS else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(canvas, (size, size), interpolation=method), dtype=np.uint8)
