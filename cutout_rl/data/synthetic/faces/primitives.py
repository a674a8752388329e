"""The two primitives of the renderer: surfaces (grids of points) and strands."""

from dataclasses import dataclass

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64


@dataclass(frozen=True)
class Surface:
    """A grid of points with shading attributes.

    Attributes:
        points: (R, C, 3) float32, head units.
        texture: (R, C, 4) float32, canonical coordinates and a fourth value whose meaning depends on the part.
        cover: (R, C) float32, negative in openings.
    """

    points: Float32
    texture: Float32
    cover: Float32


@dataclass(frozen=True)
class Strands:
    """Strands of hair or wire.

    Attributes:
        points: (S, P, 3) float32, head units.
        shade: (S,) float32, brightness of each strand, about 1.
        width: (S,) float32, head units.
    """

    points: Float32
    shade: Float32
    width: Float32


def whole_surface(points: Float64, texture: Float64) -> Surface:
    """Create a surface without openings."""
    return Surface(points.astype(np.float32), texture.astype(np.float32), np.ones(points.shape[:2], dtype=np.float32))
