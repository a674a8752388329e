"""The two primitives that everything is built of: grids of points, and strands."""

from dataclasses import dataclass

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64


@dataclass(frozen=True)
class Surface:
    """A grid of points with what the shader wants to know of each.

    Attributes:
        points: (R, C, 3) float32, head units.
        texture: (R, C, 4) float32, canonical coordinates and one value more, whose meaning depends on the part.
        cover: (R, C) float32, negative where the surface is open.
    """

    points: Float32
    texture: Float32
    cover: Float32


@dataclass(frozen=True)
class Strands:
    """Strands of one kind.

    Attributes:
        points: (S, P, 3) float32, head units.
        shade: (S,) float32, each strand's own brightness, about 1.
        width: (S,) float32, head units.
    """

    points: Float32
    shade: Float32
    width: Float32


def whole_surface(points: Float64, texture: Float64) -> Surface:
    """Make a surface without openings."""
    return Surface(points.astype(np.float32), texture.astype(np.float32), np.ones(points.shape[:2], dtype=np.float32))
