"""Growth of strands from roots on the skin, with combing, gravity, curls and collision with head and shoulders."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.primitives import Strands, Surface
from cutout_rl.data.synthetic.faces.skull import CANONICAL

STRAND_POINTS = 9
SKULL_CENTRE = np.array([0.0, 0.1, -0.1])
SKULL_RADII = np.array([0.80, 1.08, 0.95])
NO_SKULL = np.array([1e-3, 1e-3, 1e-3])
"""Radii that disable collision with the skull."""
BUN_CENTRE = np.array([0.0, 0.85, -0.95])

_ROW_STEP = np.gradient(CANONICAL, axis=0).reshape(-1, 3)
_COLUMN_STEP = np.gradient(CANONICAL, axis=1).reshape(-1, 3)
_VERTICES = CANONICAL.reshape(-1, 3)
_AREA = np.linalg.norm(np.cross(_ROW_STEP, _COLUMN_STEP), axis=-1)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def grow_strands(
    roots: Float64, directions: Float64, trim: Float64, uniforms: Float64, style_values: Float64, radii: Float64
) -> Float32:
    """Grow (S, 9, 3) strands from (S, 3) roots in (S, 3) directions.

    Args:
        roots: (S, 3), head units.
        directions: (S, 3) unit vectors.
        trim: (S,) factors of the length.
        uniforms: (S, 4) random numbers in [0, 1) for length, layer, curl phase and distance from the face.
        style_values: (8,) length, gravity, hug, volume, curl, turns, fringe and bun; see `hair_styles`.
        radii: (3,) radii of the skull's ellipsoid.
    """
    length, gravity, hug, volume, curl, turns, fringe, bun = style_values
    count = roots.shape[0]
    strands = np.empty((count, STRAND_POINTS, 3), dtype=np.float32)
    p = np.empty(3)
    d = np.empty(3)
    for s in range(count):
        step = length * trim[s] * (0.8 + 0.2 * uniforms[s, 0]) / (STRAND_POINTS - 1)
        layer = volume * (0.55 + 0.45 * np.sqrt(uniforms[s, 1]))
        phase = 6.2832 * uniforms[s, 2]
        face = 0.60 + 0.08 * uniforms[s, 3]
        for a in range(3):
            p[a], d[a] = roots[s, a], directions[s, a]
        cut = False
        for k in range(STRAND_POINTS):
            done = k / (STRAND_POINTS - 1)
            swing = curl * min(1.0, 2.5 * done)
            strands[s, k, 0], strands[s, k, 1], strands[s, k, 2] = p[0], p[1], p[2]
            if swing > 0.0:
                angle = phase + 6.2832 * turns * done
                sine = np.sin(angle)
                strands[s, k, 0] = p[0] + swing * np.cos(angle)
                strands[s, k, 1] = p[1] + 0.5 * swing * sine
                strands[s, k, 2] = p[2] + swing * sine
            if cut:
                continue
            px, py, pz = p[0], p[1], p[2]
            d[1] -= gravity
            if bun > 0:
                bx, by, bz = BUN_CENTRE[0] - px, BUN_CENTRE[1] - py, BUN_CENTRE[2] - pz
                away = np.sqrt(bx * bx + by * by + bz * bz) + 1e-9
                cut = away < bun
                d[0], d[1], d[2] = d[0] + 0.5 * bx / away, d[1] + 0.5 * by / away, d[2] + 0.5 * bz / away
            size = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) + 1e-9
            reach = 0.0
            for a in range(3):
                d[a] /= size
                p[a] += d[a] * step
                reach += ((p[a] - SKULL_CENTRE[a]) / (radii[a] + layer + 0.02)) ** 2
            # Slide along the skull, then along neck and shoulders.
            reach = np.sqrt(reach)
            if p[1] > -0.7 and radii[0] > 0.1:
                pull = 1.0 / reach if reach < 1.0 else 1.0
                if reach > 1.0 and p[1] > -0.1:
                    pull = 1.0 - hug * (1.0 - 1.0 / reach)
                for a in range(3):
                    p[a] = SKULL_CENTRE[a] + (p[a] - SKULL_CENTRE[a]) * pull
            elif p[1] <= -0.7:
                radius = np.sqrt(p[0] ** 2 + (p[2] + 0.1) ** 2) + 1e-9
                inner = 0.55 + layer + 0.5 * max(0.0, -1.35 - p[1])
                if radius < inner:
                    p[0] *= inner / radius
                    p[2] = -0.1 + (p[2] + 0.1) * inner / radius
            d[0], d[1], d[2] = (p[0] - px) / step, (p[1] - py) / step, (p[2] - pz) / step
            # Strands end where they would cover the face.
            if p[2] > 0.1 and p[1] < fringe and abs(p[0]) < face:
                cut = True
                p[0], p[1], p[2] = px, py, pz
    return strands


def sample_roots(
    skin: Surface, normals: Float32, region: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> tuple[Float64, Float64, Float64]:
    """Draw roots uniformly over a region of the skin; return points, normals and canonical coordinates."""
    place, spread = rng.random(count), rng.uniform(-0.5, 0.5, (count, 2))
    return _gather_roots(skin.points.reshape(-1, 3), normals.reshape(-1, 3), region.ravel(), place, spread)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather_roots(
    points: Float32, normals: Float32, region: NDArray[np.bool_], place: Float64, spread: Float64
) -> tuple[Float64, Float64, Float64]:
    """Return the roots at (S,) shares `place` of the region's area, shifted within their cells by (S, 2) `spread`."""
    total = np.empty(len(region), dtype=np.float32)
    area = np.float32(0)
    for vertex in range(len(region)):
        if region[vertex]:
            area += _AREA[vertex]
        total[vertex] = area
    roots, directions, canonical = np.empty((len(place), 3)), np.empty((len(place), 3)), np.empty((len(place), 3))
    for s in range(len(place)):
        wanted = place[s] * area
        low, high = 0, len(total)
        while low < high:
            middle = (low + high) // 2
            if total[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        for a in range(3):
            offset = _ROW_STEP[low, a] * spread[s, 0] + _COLUMN_STEP[low, a] * spread[s, 1]
            roots[s, a] = points[low, a] + offset
            directions[s, a] = normals[low, a]
            canonical[s, a] = _VERTICES[low, a]
    return roots, directions, canonical


def make_strands(points: Float32, width: float, rng: np.random.Generator) -> Strands:
    """Create strands from (S, P, 3) points, with random shades and widths about `width`, in head units."""
    count = len(points)
    shade = np.exp(rng.normal(0, 0.2, count)).astype(np.float32)
    return Strands(points, shade, (width * rng.uniform(0.6, 1.4, count)).astype(np.float32))
