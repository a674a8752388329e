"""Hair and beards as strands that grow from the skin, are combed, fall, and slide over the skull."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from cutout_rl.images.faces.head import CANONICAL, Surface
from cutout_rl.images.faces.parameters import Floats, Looks
from cutout_rl.images.faces.raster import Float32
from cutout_rl.images.faces.styles import HAIR_STYLES, HairStyle

_POINTS = 9
_SKULL_CENTRE = np.array([0.0, 0.1, -0.1])
_SKULL_RADII = np.array([0.77, 1.08, 0.95])
_BUN_CENTRE = np.array([0.0, 0.85, -0.95])
_ROW_STEP = np.gradient(CANONICAL, axis=0).reshape(-1, 3)
_COLUMN_STEP = np.gradient(CANONICAL, axis=1).reshape(-1, 3)
_AREA = np.linalg.norm(np.cross(_ROW_STEP, _COLUMN_STEP), axis=-1)
_NOWHERE = np.array([1e-3, 1e-3, 1e-3])


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


@numba.njit(cache=True, nogil=True)
def _grow(
    roots: Floats, directions: Floats, trim: Floats, chance: Floats, form: Floats, radii: Floats
) -> Float32:
    """Grow (S, 9, 3) strands from (S, 3) roots in (S, 3) directions.

    `trim` holds (S,) factors of the length; `chance` (S, 4) numbers in [0, 1): length, layer, phase of the curl, and
    where the face begins; `form` the style's length, gravity, hug, volume, curl, turns, fringe and bun; `radii` the skull's.
    """
    length, gravity, hug, volume, curl, turns, fringe, bun = form
    count = roots.shape[0]
    strands = np.empty((count, _POINTS, 3), dtype=np.float32)
    p = np.empty(3)
    d = np.empty(3)
    for s in range(count):
        step = length * trim[s] * (0.75 + 0.25 * chance[s, 0]) / (_POINTS - 1)
        layer = volume * (0.55 + 0.45 * np.sqrt(chance[s, 1]))
        phase = 6.2832 * chance[s, 2]
        face = 0.58 + 0.08 * chance[s, 3]
        for a in range(3):
            p[a], d[a] = roots[s, a], directions[s, a]
        cut = False
        for k in range(_POINTS):
            done = k / (_POINTS - 1)
            swing = curl * min(1.0, 2.5 * done)
            angle = phase + 6.2832 * turns * done
            strands[s, k, 0] = p[0] + swing * np.cos(angle)
            strands[s, k, 1] = p[1] + 0.5 * swing * np.sin(angle)
            strands[s, k, 2] = p[2] + swing * np.sin(angle)
            if cut:
                continue
            px, py, pz = p[0], p[1], p[2]
            d[1] -= gravity
            if bun > 0:
                bx, by, bz = _BUN_CENTRE[0] - px, _BUN_CENTRE[1] - py, _BUN_CENTRE[2] - pz
                away = np.sqrt(bx * bx + by * by + bz * bz) + 1e-9
                cut = away < bun
                d[0], d[1], d[2] = d[0] + 0.5 * bx / away, d[1] + 0.5 * by / away, d[2] + 0.5 * bz / away
            size = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) + 1e-9
            reach = 0.0
            for a in range(3):
                d[a] /= size
                p[a] += d[a] * step
                reach += ((p[a] - _SKULL_CENTRE[a]) / (radii[a] + layer + 0.02)) ** 2
            # Slide over the skull and cling to it, then over the neck and the shoulders.
            reach = np.sqrt(reach)
            if p[1] > -0.7 and radii[0] > 0.1:
                pull = 1.0 / reach if reach < 1.0 else 1.0
                if reach > 1.0 and p[1] > -0.1:
                    pull = 1.0 - hug * (1.0 - 1.0 / reach)
                for a in range(3):
                    p[a] = _SKULL_CENTRE[a] + (p[a] - _SKULL_CENTRE[a]) * pull
            elif p[1] <= -0.7:
                radius = np.sqrt(p[0] ** 2 + (p[2] + 0.1) ** 2) + 1e-9
                inner = 0.55 + layer + 0.5 * max(0.0, -1.35 - p[1])
                if radius < inner:
                    p[0] *= inner / radius
                    p[2] = -0.1 + (p[2] + 0.1) * inner / radius
            d[0], d[1], d[2] = (p[0] - px) / step, (p[1] - py) / step, (p[2] - pz) / step
            # Hair is cut, or tucked away, where it would cover the face.
            if p[2] > 0.1 and p[1] < fringe and abs(p[0]) < face:
                cut = True
                p[0], p[1], p[2] = px, py, pz
    return strands


def _roots(
    skin: Surface, normals: Float32, region: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Draw roots over a region of the skin, even in area: their points, normals and canonical coordinates."""
    total = np.cumsum(_AREA * region.ravel())
    chosen = np.searchsorted(total, rng.random(count) * total[-1])
    spread = rng.uniform(-0.5, 0.5, (count, 2))
    offset = _ROW_STEP[chosen] * spread[:, :1] + _COLUMN_STEP[chosen] * spread[:, 1:]
    return (
        skin.points.reshape(-1, 3)[chosen].astype(np.float64) + offset,
        normals.reshape(-1, 3)[chosen].astype(np.float64),
        CANONICAL.reshape(-1, 3)[chosen].astype(np.float64),
    )


def _locks(canonical: Floats, rng: np.random.Generator) -> Floats:
    """Give directions, (S, 3), that change smoothly over the scalp, so that neighbours lie alike and form locks."""
    waves = rng.normal(0, 5.0, (3, 3))
    return np.sin(canonical @ waves + rng.uniform(0, 6.28, 3)) + 0.6 * np.sin(canonical @ (2.7 * waves[::-1]))


def _finish(points: Float32, width: float, rng: np.random.Generator) -> Strands:
    count = len(points)
    shade = np.exp(rng.normal(0, 0.2, count)).astype(np.float32)
    return Strands(points, shade, (width * rng.uniform(0.6, 1.4, count)).astype(np.float32))


def scalp_strands(skin: Surface, normals: Float32, looks: Looks, rng: np.random.Generator) -> Strands | None:
    """Grow the hair of the person's style, or None where it is only painted; a hat leaves what hangs out below it."""
    style: HairStyle = HAIR_STYLES[looks.style]
    if style.count == 0:
        return None
    region = skin.texture[..., 3] > 0.0
    if looks.hat:
        region &= skin.texture[..., 1] < 0.35
    roots, directions, canonical = _roots(skin, normals, region, style.count, rng)
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
    form = [style.length * looks.hair_length, style.gravity, style.hug, style.volume, style.curl, style.turns, style.fringe, style.bun]
    grown = _grow(roots, start, trim, chance, np.array(form), _SKULL_RADII)
    return _finish(grown, style.strand_width, rng)


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
    angle = np.linspace(0, 3.5, _POINTS)[None, :, None]
    ring = first[:, None] * np.cos(angle) + second[:, None] * np.sin(angle)
    radius = style.bun * rng.uniform(0.8, 1.05, (count, 1, 1))
    return _finish((_BUN_CENTRE + radius * ring).astype(np.float32), 0.05, rng)


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
    roots, directions, canonical = _roots(skin, normals, region, count, rng)
    comb = np.array([0.0, -0.7, 0.1]) + np.sign(canonical[:, :1]) * np.array([0.35, 0.0, 0.0])
    start = 0.5 * directions + comb + 0.2 * rng.uniform(-1, 1, (count, 3))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    form = [0.10 + 0.35 * looks.beard**2, 0.1, 0.0, 0.0, 0.01, 2.0, -9.0, 0.0]
    grown = _grow(roots, start, np.ones(count), rng.random((count, 4)), np.array(form), _NOWHERE)
    return _finish(grown, 0.018, rng)


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
