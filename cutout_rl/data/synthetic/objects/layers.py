"""Painted figures as layers with alpha masks, and their compositing."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.objects.figures import HOLE, Part
from cutout_rl.data.synthetic.objects.outlines import Outline
from cutout_rl.data.synthetic.objects.paint import Colour, draw_colour, fractal, paint_surface, vary_colour

CANVAS: Final = 160
_SHIFT: Final = 4  # fractional bits of OpenCV's coordinates

Canvas = NDArray[np.float32]
"""(S, S, 3) float32, RGB in [0, 255]; S is 160 for the objects."""


@dataclass(frozen=True)
class Layer:
    """A painted figure, cropped to its bounding box on the canvas.

    Attributes:
        top: first row on the canvas.
        left: first column on the canvas.
        colours: (h, w, 3) float32 in [0, 255].
        cover: (h, w) float32 in [0, 1], the share of each pixel that is covered.
    """

    top: int
    left: int
    colours: NDArray[np.float32]
    cover: NDArray[np.float32]

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the layer on the canvas."""
        height, width = self.cover.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def put_on(self, canvas: Canvas) -> None:
        """Composite the layer onto a canvas, in place."""
        under = canvas[self.window]
        under += (self.colours - under) * self.cover[..., None]

    def whole_cover(self) -> NDArray[np.float32]:
        """Return the cover on the whole (160, 160) canvas."""
        whole = np.zeros((CANVAS, CANVAS), np.float32)
        whole[self.window] = self.cover
        return whole


def place(
    rng: np.random.Generator,
    parts: list[Part],
    middle: NDArray[np.float64],
    size: float,
    palette: list[Colour],
    canvas: int = CANVAS,
) -> Layer | None:
    """Paint a figure.

    Args:
        rng: draws paints, contour noise and shading.
        parts: parts of the figure in painting order, 2 units wide.
        middle: (x, y) of its centre on the canvas, px.
        size: width of the figure, px.
        palette: colours to choose from; some parts get other colours.
        canvas: side of the canvas, px.

    Returns:
        The layer, or None if it lies outside the canvas.
    """
    outlines = [part.outline * (size / 2) + middle for part in parts]
    points = np.concatenate(outlines)
    left, top = np.clip(np.floor(points.min(axis=0)) - 3, 0, canvas).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=0)) + 3, 0, canvas).astype(int)
    height, width = int(bottom - top), int(right - left)
    if height < 4 or width < 4:
        return None
    paints: dict[int, NDArray[np.float32]] = {}
    colours = np.zeros((height, width, 3), np.float32)
    cover = np.zeros((height, width), np.uint8)
    for part, outline in zip(parts, outlines, strict=True):
        window, stencil = _fill(outline - (left, top), height, width)
        if part.paint == HOLE:
            cover[window] = np.minimum(cover[window], 255 - stencil)
            continue
        if part.paint not in paints:
            own = palette if part.paint == 0 or rng.random() < 0.3 else [draw_colour(rng), draw_colour(rng)]
            paints[part.paint] = paint_surface(rng, own, height, width)
        tone = np.float32(rng.uniform(0.85, 1.15))
        np.copyto(colours[window], tone * paints[part.paint][window], where=(stencil > 0)[..., None])
        cover[window] = np.maximum(cover[window], stencil)
    colours, alpha = _roughen(rng, colours, cover)
    return Layer(int(top), int(left), colours * _shading(rng, alpha)[..., None], alpha)


def _fill(outline: Outline, height: int, width: int) -> tuple[tuple[slice, slice], NDArray[np.uint8]]:
    """Rasterize an outline in px on a (height, width) canvas; return its window and uint8 cover."""
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int) - 1, 0, (width, height)).tolist()
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 2, 0, (width, height)).tolist()
    stencil = np.zeros((bottom - top, right - left), np.uint8)
    if stencil.size:
        corners = np.round((outline - (left, top)) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(stencil, [corners], (255,), cv2.LINE_AA, _SHIFT)
    return (slice(top, bottom), slice(left, right)), stencil


def _roughen(
    rng: np.random.Generator, colours: NDArray[np.float32], cover: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Displace pixels by noise, coarse or fine, to make the contour irregular."""
    height, width = cover.shape
    strength = rng.uniform(0, 4) if rng.random() < 0.7 else 0.0
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    shifted = (
        columns + np.float32(strength) * fractal(rng, height, width),
        rows + np.float32(strength) * fractal(rng, height, width),
    )
    moved = cv2.remap(colours, *shifted, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved_cover = cv2.remap(cover, *shifted, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32), moved_cover.astype(np.float32) / np.float32(255)


def _shading(rng: np.random.Generator, cover: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the shading of a figure that bulges in the middle, lit from one side."""
    height, width = cover.shape
    small = cv2.resize(cover, (max(width // 4, 2), max(height // 4, 2)), interpolation=cv2.INTER_AREA)
    bulge = cv2.GaussianBlur(small, (0, 0), max(1.0, 0.12 * min(small.shape)))
    angle = rng.normal(-np.pi / 2, 0.8)
    slope = -np.cos(angle) * cv2.Sobel(bulge, -1, 1, 0) - np.sin(angle) * cv2.Sobel(bulge, -1, 0, 1)
    slope = slope / max(float(np.abs(slope).max()), 1e-6) * rng.uniform(0, 0.5)
    return np.asarray(1 + cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def vary_palette(rng: np.random.Generator, palette: list[Colour]) -> list[Colour]:
    """Return a random variation of a palette."""
    return [vary_colour(rng, colour) for colour in palette]
