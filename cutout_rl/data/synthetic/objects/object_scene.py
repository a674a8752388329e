"""A photograph of a scene: backdrop, distractors, object and occluders."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.objects.camera import draw_backdrop, photograph
from cutout_rl.data.synthetic.objects.figures import draw_figure
from cutout_rl.data.synthetic.objects.layers import CANVAS, Canvas, Layer, place, vary_palette
from cutout_rl.data.synthetic.objects.paint import Colour, draw_colour

_LEAST, _MOST = 0.015, 0.7  # share of the canvas covered by an object


def draw_scene(rng: np.random.Generator) -> tuple[Canvas, NDArray[np.float32]]:
    """Draw a scene; return it and the cover of its object, (160, 160) float32 in [0, 1]."""
    palette = [draw_colour(rng) for _ in range(int(rng.integers(2, 4)))]
    setting = vary_palette(rng, palette) if rng.random() < 0.2 else [draw_colour(rng) for _ in range(3)]
    canvas = draw_backdrop(rng, setting, CANVAS)
    similar = rng.random() < 0.25  # distractors have the object's colours
    for _ in range(int(rng.integers(0, 6))):
        _draw_distractor(rng, canvas, vary_palette(rng, palette) if similar else [draw_colour(rng), *setting])
    if rng.random() < 0.5:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 3)), np.float32)
    layer = _object(rng, palette)
    cover = layer.whole_cover()
    if rng.random() < 0.4:
        _cast_shadow(rng, canvas, layer)
    layer.put_on(canvas)
    if rng.random() < 0.25:
        _occlude(rng, canvas, cover, setting)
    return photograph(rng, canvas), cover


def _draw_distractor(rng: np.random.Generator, canvas: Canvas, palette: list[Colour]) -> None:
    size = CANVAS * rng.uniform(0.08, 0.6)
    layer = place(rng, draw_figure(rng), rng.uniform(0, CANVAS, 2), size, palette)
    if layer is not None:
        layer.put_on(canvas)


def _object(rng: np.random.Generator, palette: list[Colour]) -> Layer:
    while True:
        size = CANVAS * rng.uniform(0.3, 1.05)
        middle = CANVAS * (0.5 + rng.normal(0, 0.5 * max(0.12, 0.6 - size / CANVAS), 2))
        layer = place(rng, draw_figure(rng), middle, size, palette)
        if layer is not None and _LEAST < layer.cover.sum() / CANVAS**2 < _MOST:
            return layer


def _cast_shadow(rng: np.random.Generator, canvas: Canvas, layer: Layer) -> None:
    """Darken the ground around the object's base, in place."""
    rows, columns = layer.window
    centre = ((columns.start + columns.stop) / 2, rows.stop - rng.uniform(0, 6))
    axes = (0.5 * (columns.stop - columns.start) * rng.uniform(0.7, 1.1), rng.uniform(3, 14))
    y, x = np.ogrid[:CANVAS, :CANVAS]
    distance = np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1])
    canvas *= (1 - rng.uniform(0.2, 0.7) * np.clip(2.5 * (1.2 - distance), 0, 1))[..., None].astype(np.float32)


def _occlude(rng: np.random.Generator, canvas: Canvas, cover: NDArray[np.float32], setting: list[Colour]) -> None:
    """Draw occluders that leave most of the object visible, in place."""
    visible = cover.sum()
    for _ in range(int(rng.integers(1, 4))):
        size = CANVAS * rng.uniform(0.1, 0.4)
        layer = place(rng, draw_figure(rng), rng.uniform(0, CANVAS, 2), size, [*setting, draw_colour(rng)])
        if layer is None:
            continue
        left = cover * (1 - layer.whole_cover())
        if left.sum() > 0.75 * visible and left.sum() > _LEAST * CANVAS**2:
            layer.put_on(canvas)
            cover[...] = left
