"""Backdrops and camera effects of the scenes."""

import cv2
import numpy as np

from cutout_rl.data.synthetic.faces.background import draw_background
from cutout_rl.data.synthetic.objects.layers import Canvas
from cutout_rl.data.synthetic.objects.paint import Colour, draw_colour, fractal, paint_surface


def draw_backdrop(rng: np.random.Generator, setting: list[Colour], size: int) -> Canvas:
    """Draw a (size, size, 3) backdrop: a background scene, one surface, or several surfaces with horizons."""
    kind = rng.random()
    if kind < 0.4:
        palette = np.array([setting[k % len(setting)] for k in range(3)], np.uint8)
        return draw_background(rng, palette, size).astype(np.float32)
    canvas = paint_surface(rng, setting, size, size)
    if kind < 0.75:
        for _ in range(int(rng.integers(1, 4))):
            edge = int(size * rng.uniform(0.15, 0.9))
            shore = edge + rng.uniform(0, 10) * fractal(rng, 1, size)[0] + rng.normal(0, 0.1) * np.arange(size)
            below = (np.arange(size)[:, None] > shore)[..., None]
            np.copyto(canvas, paint_surface(rng, [*setting, draw_colour(rng)], size, size), where=below)
    return canvas


def photograph(rng: np.random.Generator, canvas: Canvas, softest: float = 1.3, noisiest: float = 8) -> Canvas:
    """Apply uneven light, contrast, lens blur and sensor noise.

    Args:
        rng: draws the parameters.
        canvas: the scene.
        softest: largest standard deviation of the blur, px, at least 0.4.
        noisiest: largest standard deviation of the noise, levels.
    """
    height, width = canvas.shape[:2]
    light = 1 + rng.uniform(0, 0.25) * fractal(rng, height, width)
    canvas = canvas * light[..., None] * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    canvas = 128 + np.float32(rng.uniform(0.6, 1.1)) * (canvas - 128) + np.float32(rng.normal(0, 12))
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, softest)), np.float32)
    canvas += rng.uniform(0, noisiest) * rng.standard_normal(canvas.shape, dtype=np.float32)
    return np.asarray(np.clip(canvas, 0, 255), np.float32)
