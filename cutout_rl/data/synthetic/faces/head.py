"""The surface of the head: the mean skull plus facial features, an open jaw, eyelids and a hairline."""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float64
from cutout_rl.data.synthetic.faces.eyes import make_eyes
from cutout_rl.data.synthetic.faces.parameters import Appearance, Expression, Person, Shape
from cutout_rl.data.synthetic.faces.primitives import Surface
from cutout_rl.data.synthetic.faces.skull import AZIMUTH, MOUTH, SKULL, head_scale, mouth_width, nose_width

# The hairline: azimuth in degrees (0 in front) and height, over temple, sideburn, ear and nape.
_HAIRLINE = np.array(
    [
        [0, 0.70],
        [25, 0.68],
        [42, 0.52],
        [58, 0.30],
        [68, -0.05],
        [80, -0.12],
        [92, 0.16],
        [108, 0.12],
        [125, -0.55],
        [180, -0.72],
    ]
)


def _bumps(shape: Shape, expression: Expression) -> Float64:
    """Return the face's bumps, mirrored in x, as rows of centre x, y; radius x, y; displacement x, y, z."""
    s, e = shape, expression
    nose = nose_width(s)
    reach = 0.06 * s.nose_length
    mouth = mouth_width(s)
    lips = 1.0 + 0.35 * s.lips
    ridge = 0.055 + 0.022 * s.brow
    up = 0.035 * e.brows_up
    return np.array(
        [
            # eye sockets, the hollow beside the bridge, brow ridge, glabella
            [0.31, 0.03, 0.32, 0.24, 0, 0, -0.10],
            [0.15, 0.03, 0.15, 0.20, 0, 0, -0.06],
            [0.27, 0.22, 0.36, 0.15, -0.02 * e.frown, up - 0.03 * e.frown, ridge],
            [0.0, 0.20, 0.22, 0.18, 0, 0, 0.03 + 0.012 * s.brow],
            [0.0, 0.55, 0.6, 0.35, 0, 0, 0.02 * s.brow],
            # nose: bridge from root to tip, tip, wings, columella
            [0.0, 0.06, 0.14 * nose, 0.24, 0, 0, 0.075 + 0.03 * s.nose_bridge],
            [0.0, -0.08, 0.14 * nose, 0.22, 0, 0, 0.10 + 0.03 * s.nose_bridge],
            [0.0, -0.21, 0.17 * nose, 0.22, 0, 0, 0.12 + 0.012 * s.nose_bridge],
            [0.0, -0.36 - reach, 0.17 * nose, 0.17, 0, -0.03 + 0.02 * s.nose_tip, 0.21 + 0.03 * s.nose_length],
            [0.125 * nose, -0.39 - reach, 0.10 * nose, 0.11, 0.02 * nose + 0.01 * e.smile, 0.01 * e.smile, 0.11],
            [0.19 * nose, -0.40 - reach, 0.07, 0.12, -0.01, 0, -0.02],
            [0.0, -0.47 - reach, 0.07, 0.07, 0, 0.02, 0.05],
            # cheekbones, cheeks, hollows
            [0.52, -0.14, 0.30, 0.26, 0.03 + 0.025 * s.cheek, 0, 0.03 + 0.02 * s.cheek],
            [0.42, -0.38, 0.34, 0.34, 0.015 * s.flesh, 0, 0.035 + 0.03 * s.flesh],
            [0.50, -0.66, 0.32, 0.32, 0.04 * s.flesh - 0.02, 0, 0.02 * s.flesh - 0.015],
            # muzzle, philtrum, lips, the groove between them, the fold below them, chin
            [0.0, -0.62, 0.46, 0.36, 0, 0, 0.075],
            [0.0, -0.53, 0.055, 0.10, 0, 0, -0.016],
            [0.0, MOUTH + 0.05, mouth * 1.15, 0.075, 0, 0, 0.045 * lips],
            [0.0, MOUTH - 0.065, mouth * 1.0, 0.095, 0, 0, 0.06 * lips],
            [0.0, MOUTH, mouth * 1.15, 0.035, 0, 0, -0.035],
            [0.0, MOUTH - 0.19, 0.24, 0.10, 0, 0, -0.045],
            [0.0, -0.99, 0.30 + 0.04 * s.jaw, 0.22, 0, 0, 0.08 + 0.03 * s.chin],
            # smile: corners of the mouth, cheeks, nasolabial folds
            [mouth, MOUTH, 0.19, 0.17, 0.05 * e.smile, 0.055 * e.smile, -0.03 * e.smile],
            [0.37, -0.33, 0.26, 0.22, 0.01 * e.smile, 0.02 * e.smile, 0.05 * e.smile],
            [0.30, -0.50, 0.06, 0.16, 0, 0, -0.012 - 0.022 * max(e.smile, 0.0)],
        ]
    )


@numba.njit(cache=True, nogil=True)
def _displace(points: Float64, canonical: Float64, bumps: Float64) -> None:
    """Add the bumps to the (R, C, 3) points on the front of the head, in place, by canonical position."""
    rows, columns, _ = points.shape
    near = np.empty(len(bumps), dtype=np.int64)
    for r in range(rows):
        low, high = canonical[r, :, 1].min(), canonical[r, :, 1].max()
        count = 0
        for k in range(len(bumps)):
            if low - bumps[k, 3] < bumps[k, 1] < high + bumps[k, 3]:
                near[count] = k
                count += 1
        for c in range(columns):
            z = canonical[r, c, 2]
            if z < 0.0:
                continue
            x, y = canonical[r, c, 0], canonical[r, c, 1]
            front = min(1.0, z * 4.0)
            mirror = 1.0 if x >= 0 else -1.0
            for k in near[:count]:
                u = (abs(x) - bumps[k, 0]) / bumps[k, 2]
                v = (y - bumps[k, 1]) / bumps[k, 3]
                d = u * u + v * v
                if d < 1.0:
                    weight = (1.0 - d) * (1.0 - d) * front
                    points[r, c, 0] += weight * bumps[k, 4] * mirror
                    points[r, c, 1] += weight * bumps[k, 5]
                    points[r, c, 2] += weight * bumps[k, 6]


def _drop_jaw(points: Float64, shape: Shape, expression: Expression) -> Float64:
    """Lower the jaw, in place; return the cover, which is negative between the lips."""
    x, y, z = np.moveaxis(SKULL, -1, 0)
    width = mouth_width(shape)
    bow = np.maximum(1.0 - (x / width) ** 2, 0.0)
    front = np.clip(z * 2, 0, 1)
    opened = expression.jaw_open
    below = np.clip((MOUTH + 0.25 - y) / 0.5, 0, 1) * np.clip((z + 0.4) / 0.6, 0, 1)
    points[..., 1] -= 0.16 * opened * below**2 * (3 - 2 * below)
    points[..., 2] -= 0.05 * opened * below
    step = np.clip((MOUTH + 0.012 - y) / 0.024, 0, 1) * np.clip((y + 1.05) / 0.35, 0, 1)
    points[..., 1] -= 0.16 * opened * bow * step * front
    raised = np.clip((y - MOUTH + 0.012) / 0.024, 0, 1) * np.clip((-0.45 - y) / 0.15, 0, 1)
    points[..., 1] += (0.03 * opened + 0.015 * max(expression.smile, 0)) * bow * raised * front
    if opened < 0.08:
        return np.ones_like(x)
    inside = 0.02 * bow - np.abs(y - MOUTH)
    return np.where(front > 0.5, -inside * 50, 1.0)


def _hair_distance(appearance: Appearance) -> Float64:
    """Return the height of every vertex above the hairline."""
    line = np.interp(np.degrees(np.abs(AZIMUTH)), _HAIRLINE[:, 0], _HAIRLINE[:, 1])
    recede = 0.22 * appearance.receding * np.exp(-(((np.abs(np.degrees(AZIMUTH)) - 32) / 22) ** 2))
    return np.asarray(SKULL[..., 1] - line - recede - 0.05 * appearance.receding * (np.abs(AZIMUTH) < 1))


def head_surface(person: Person) -> Surface:
    """Build the skin with holes for eyes and mouth; the texture is canonical position and height above the hairline."""
    shape, expression = person.shape, person.expression
    x, y = SKULL[..., 0], SKULL[..., 1]
    points = SKULL.copy()
    low = np.clip((-0.3 - y) / 0.7, 0, 1)
    points[..., 0] *= 1 + (0.07 * shape.jaw + 0.03 * shape.flesh) * low
    points[..., 1] -= 0.05 * shape.chin_length * np.clip((-0.5 - y) / 0.6, 0, 1)
    _displace(points, SKULL, _bumps(shape, expression))
    eyes = make_eyes(shape, expression)
    ball = (eyes.radius + 0.014) ** 2 - (np.abs(x) - eyes.x) ** 2 - (y - eyes.y) ** 2
    lids = eyes.z + np.sqrt(np.maximum(ball, 0))
    points[..., 2] = np.where((ball > 0) & (SKULL[..., 2] > 0), np.maximum(points[..., 2], lids), points[..., 2])
    opening = np.where(SKULL[..., 2] > 0, eyes.opening(x, y), -2.0)
    cover = np.minimum(-opening, _drop_jaw(points, shape, expression))
    points *= head_scale(shape)
    texture = np.concatenate([SKULL, _hair_distance(person.appearance)[..., None]], axis=-1)
    return Surface(points.astype(np.float32), texture.astype(np.float32), cover.astype(np.float32))
