"""The hair of the head, with the bed that its strands lie on and the ball of a bun, and the beard."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.parameters import Looks
from cutout_rl.data.synthetic.faces.shapes import Strands, Surface
from cutout_rl.data.synthetic.faces.skull import CANONICAL
from cutout_rl.data.synthetic.faces.strands import (
    BUN_CENTRE,
    NOWHERE,
    SKULL_RADII,
    STRAND_POINTS,
    grow,
    make_strands,
    roots_on,
)
from cutout_rl.data.synthetic.faces.styles import HAIR_STYLES, HairStyle


def _locks(canonical: Float64, rng: np.random.Generator) -> Float64:
    """Give directions, (S, 3), that change smoothly over the scalp, so that neighbours lie alike and form locks."""
    waves = rng.normal(0, 5.0, (3, 3))
    return np.sin(canonical @ waves + rng.uniform(0, 6.28, 3)) + 0.6 * np.sin(canonical @ (2.7 * waves[::-1]))


def scalp_strands(skin: Surface, normals: Float32, looks: Looks, rng: np.random.Generator) -> Strands | None:
    """Grow the hair of the person's style, or None where it is only painted; a hat leaves what hangs out below it."""
    style: HairStyle = HAIR_STYLES[looks.style]
    if style.count == 0:
        return None
    region = skin.texture[..., 3] > 0.0
    if looks.hat:
        region &= skin.texture[..., 1] < 0.35
    roots, directions, canonical = roots_on(skin, normals, region, style.count, rng)
    comb = np.tile(np.array(style.comb), (style.count, 1))
    comb[:, 0] *= np.clip((canonical[:, 0] - looks.parting * (style.comb[0] > 0.2)) * 6, -1, 1)
    if style.bun == 0:
        # Behind and beside the ears hair is combed down, whatever it does above the forehead.
        low = np.clip(np.maximum((-0.2 - canonical[:, 2]) * 2, (0.55 - canonical[:, 1]) * 2.5), 0, 1)[:, None]
        comb = comb * (1 - low) + low * np.array([0.0, -0.8, -0.25])
    start = directions * style.lift + comb + style.jitter * (rng.uniform(-1, 1, comb.shape) + _locks(canonical, rng))
    start /= np.linalg.norm(start, axis=1, keepdims=True) + 1e-9
    # What grows on the nape is cut shorter wherever the hair is short.
    trim = np.where((canonical[:, 1] < 0.0) & (style.length < 1.0), 0.4, 1.0)
    chance = rng.random((style.count, 4))
    form = [
        style.length * looks.hair_length,
        style.gravity,
        style.hug,
        style.volume,
        style.curl,
        style.turns,
        style.fringe,
        style.bun,
    ]
    grown = grow(roots, start, trim, chance, np.array(form), SKULL_RADII)
    return make_strands(grown, style.strand_width, rng)


def bun_strands(looks: Looks, rng: np.random.Generator) -> Strands | None:
    """Wind the ball of a bun, or None where the style has none."""
    style = HAIR_STYLES[looks.style]
    if style.bun == 0 or looks.hat:
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


def beard_strands(skin: Surface, normals: Float32, looks: Looks, rng: np.random.Generator) -> Strands | None:
    """Grow beard and moustache, or None on a shaven face."""
    if looks.beard == 0 and looks.moustache == 0:
        return None
    x, y, z = np.abs(CANONICAL[..., 0]), CANONICAL[..., 1], CANONICAL[..., 2]
    mouth = (x / 0.25) ** 2 + ((y + 0.66) / 0.10) ** 2 < 1.0
    jaw = (y < -0.62 + 0.55 * np.clip(x - 0.3, 0, 1)) & (y < -0.1) & (z > np.where(y < -0.9, 0.35, 0.0))
    upper = (y < -0.50) & (y > -0.63) & (x < 0.27) & (z > 0)
    chin = jaw & (x < 0.22)
    region = np.zeros_like(mouth)
    if looks.beard > 0:
        region |= chin if looks.beard < 0.3 else jaw
    if looks.moustache > 0:
        region |= upper
    region &= ~mouth
    count = 300 + int(700 * looks.beard)
    roots, directions, canonical = roots_on(skin, normals, region, count, rng)
    comb = np.array([0.0, -0.7, 0.1]) + np.sign(canonical[:, :1]) * np.array([0.35, 0.0, 0.0])
    start = 0.5 * directions + comb + 0.2 * rng.uniform(-1, 1, (count, 3))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    form = [0.10 + 0.35 * looks.beard**2, 0.1, 0.0, 0.0, 0.01, 2.0, -9.0, 0.0]
    grown = grow(roots, start, np.ones(count), rng.random((count, 4)), np.array(form), NOWHERE)
    return make_strands(grown, 0.018, rng)


def hair_bed(skin: Surface, normals: Float32, looks: Looks, rng: np.random.Generator) -> Surface | None:
    """Build the dense hair close to the scalp that strands lie on, or None; its texture is tangent and shade."""
    style = HAIR_STYLES[looks.style]
    if style.count == 0:
        return None
    over = skin.texture[..., 3]
    thick = 0.55 * style.volume * np.clip(over / 0.22, 0, 1) ** 0.7
    comb = np.array(style.comb, dtype=np.float32)
    texture = np.empty((*over.shape, 4), dtype=np.float32)
    texture[..., :3] = np.where(skin.texture[..., :1] > looks.parting, comb, comb * np.array([-1, 1, 1]))
    texture[..., 1] -= 0.4
    # Streaks down the columns, each fading in and out.
    streaks = rng.standard_normal(over.shape, dtype=np.float32)
    texture[..., 3] = 0.66 * np.exp(0.5 * uniform_filter1d(streaks, 9, axis=0) * 3**0.5)
    cover = np.clip((over - 0.03) * 4, -1, 1)
    if looks.hat:
        cover = np.minimum(cover, 0.45 - skin.texture[..., 1])
    return Surface((skin.points + normals * thick[..., None]).astype(np.float32), texture, cover.astype(np.float32))
