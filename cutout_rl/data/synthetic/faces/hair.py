"""Hair and beard: strands, bun, and the dense layer under the strands."""

import numba
import numpy as np
from scipy.ndimage import uniform_filter1d

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.hair_styles import HAIR_STYLES, HairStyle
from cutout_rl.data.synthetic.faces.parameters import Appearance
from cutout_rl.data.synthetic.faces.primitives import Strands, Surface
from cutout_rl.data.synthetic.faces.skull import CANONICAL
from cutout_rl.data.synthetic.faces.strand_growth import (
    BUN_CENTRE,
    NO_SKULL,
    SKULL_RADII,
    STRAND_POINTS,
    grow_strands,
    make_strands,
    sample_roots,
)


def _locks(canonical: Float64, rng: np.random.Generator) -> Float64:
    """Return (S, 3) directions that vary smoothly over the scalp, so that neighbouring strands form locks."""
    waves = rng.normal(0, 5.0, (3, 3))
    return np.sin(canonical @ waves + rng.uniform(0, 6.28, 3)) + 0.6 * np.sin(canonical @ (2.7 * waves[::-1]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _comb(
    normals: Float64,
    canonical: Float64,
    comb: tuple[float, float, float],
    parting: float,
    tied: bool,
    lift: float,
    amount: float,
    jitter: Float64,
) -> Float64:
    """Return the (S, 3) unit directions of strands: normals, combed away from the parting, with some jitter."""
    start = np.empty_like(normals)
    down = (0.0, -0.8, -0.25)
    for s in range(len(start)):
        x, y, z = canonical[s]
        away = min(max((x - parting) * 6, -1.0), 1.0)
        # Behind and beside the ears hair is combed down in every style but the bun.
        low = 0.0 if tied else min(max(max((-0.2 - z) * 2, (0.55 - y) * 2.5), 0.0), 1.0)
        length = 0.0
        for a in range(3):
            combed = (comb[a] * away if a == 0 else comb[a]) * (1 - low) + low * down[a]
            start[s, a] = normals[s, a] * lift + combed + amount * jitter[s, a]
            length += start[s, a] * start[s, a]
        for a in range(3):
            start[s, a] /= np.sqrt(length) + 1e-9
    return start


def scalp_strands(skin: Surface, normals: Float32, appearance: Appearance, rng: np.random.Generator) -> Strands | None:
    """Grow the hair of a person's style below any hat; return None for styles without strands."""
    style: HairStyle = HAIR_STYLES[appearance.style]
    if style.count == 0:
        return None
    region = skin.texture[..., 3] > 0.0
    if appearance.hat:
        region &= skin.texture[..., 1] < 0.35
    roots, directions, canonical = sample_roots(skin, normals, region, style.count, rng)
    parting = appearance.parting * (style.comb[0] > 0.2)
    jitter = rng.uniform(-1, 1, directions.shape) + _locks(canonical, rng)
    start = _comb(directions, canonical, style.comb, parting, style.bun > 0, style.lift, style.jitter, jitter)
    # In short styles the hair on the nape is shorter.
    trim = np.where((canonical[:, 1] < 0.0) & (style.length < 1.0), 0.4, 1.0)
    uniforms = rng.random((style.count, 4))
    style_values = [
        style.length * appearance.hair_length,
        style.gravity,
        style.hug,
        style.volume,
        style.curl,
        style.turns,
        style.fringe,
        style.bun,
    ]
    strands = grow_strands(roots, start, trim, uniforms, np.array(style_values), SKULL_RADII)
    return make_strands(strands, style.strand_width, rng)


def bun_strands(appearance: Appearance, rng: np.random.Generator) -> Strands | None:
    """Build the strands of a bun; return None for styles without one."""
    style = HAIR_STYLES[appearance.style]
    if style.bun == 0 or appearance.hat:
        return None
    count = 160
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    first = np.cross(axis, rng.normal(size=3))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    angle = np.linspace(0, 3.5, STRAND_POINTS)[None, :, None]
    ring = first[:, None] * np.cos(angle) + second[:, None] * np.sin(angle)
    radius = style.bun * rng.uniform(0.8, 1.05, (count, 1, 1))
    return make_strands((BUN_CENTRE + radius * ring).astype(np.float32), 0.05, rng)


def beard_strands(skin: Surface, normals: Float32, appearance: Appearance, rng: np.random.Generator) -> Strands | None:
    """Grow beard and moustache; return None for a shaved face."""
    if appearance.beard == 0 and appearance.moustache == 0:
        return None
    x, y, z = np.abs(CANONICAL[..., 0]), CANONICAL[..., 1], CANONICAL[..., 2]
    mouth = (x / 0.25) ** 2 + ((y + 0.66) / 0.10) ** 2 < 1.0
    jaw = (y < -0.62 + 0.55 * np.clip(x - 0.3, 0, 1)) & (y < -0.1) & (z > np.where(y < -0.9, 0.35, 0.0))
    upper = (y < -0.50) & (y > -0.63) & (x < 0.27) & (z > 0)
    chin = jaw & (x < 0.22)
    region = np.zeros_like(mouth)
    if appearance.beard > 0:
        region |= chin if appearance.beard < 0.3 else jaw
    if appearance.moustache > 0:
        region |= upper
    region &= ~mouth
    count = 300 + int(700 * appearance.beard)
    roots, directions, canonical = sample_roots(skin, normals, region, count, rng)
    comb = np.array([0.0, -0.7, 0.1]) + np.sign(canonical[:, :1]) * np.array([0.35, 0.0, 0.0])
    start = 0.5 * directions + comb + 0.2 * rng.uniform(-1, 1, (count, 3))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    style_values = [0.10 + 0.35 * appearance.beard**2, 0.1, 0.0, 0.0, 0.01, 2.0, -9.0, 0.0]
    strands = grow_strands(roots, start, np.ones(count), rng.random((count, 4)), np.array(style_values), NO_SKULL)
    return make_strands(strands, 0.018, rng)


def hair_underlayer(
    skin: Surface, normals: Float32, appearance: Appearance, rng: np.random.Generator
) -> Surface | None:
    """Build the dense layer under the strands, or return None; its texture is tangent and shade."""
    style = HAIR_STYLES[appearance.style]
    if style.count == 0:
        return None
    over = skin.texture[..., 3]
    thick = 0.55 * style.volume * np.clip(over / 0.22, 0, 1) ** 0.7
    # Streaks along the columns, smoothed along their length.
    streaks = rng.standard_normal(over.shape, dtype=np.float32)
    shade = np.exp(0.5 * uniform_filter1d(streaks, 9, axis=0) * 3**0.5)
    highest = 0.45 if appearance.hat else np.inf
    return Surface(*_lift(skin.points, normals, skin.texture, thick, shade, style.comb, appearance.parting, highest))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lift(
    points: Float32,
    normals: Float32,
    skin: Float32,
    thick: Float32,
    shade: Float32,
    comb: tuple[float, float, float],
    parting: float,
    highest: float,
) -> tuple[Float32, Float32, Float32]:
    """Return the points of the skin lifted by (R, C) `thick`, with texture and cover; `highest` is a hat's edge."""
    lifted, texture, cover = np.empty_like(points), np.empty_like(skin), np.empty_like(thick)
    one, edge, side = np.float32(1), np.float32(highest), np.float32(parting)
    for r in range(points.shape[0]):
        for c in range(points.shape[1]):
            for a in range(3):
                lifted[r, c, a] = points[r, c, a] + normals[r, c, a] * thick[r, c]
            texture[r, c, 0] = comb[0] if skin[r, c, 0] > side else -comb[0]
            texture[r, c, 1] = np.float32(comb[1]) - np.float32(0.4)
            texture[r, c, 2] = comb[2]
            texture[r, c, 3] = np.float32(0.66) * shade[r, c]
            over = min(max((skin[r, c, 3] - np.float32(0.03)) * np.float32(4), -one), one)
            cover[r, c] = min(over, edge - skin[r, c, 1])
    return lifted, texture, cover
