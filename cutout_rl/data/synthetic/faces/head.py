"""The surface of the head: the mean skull plus facial features, an open jaw, eyelids and a hairline."""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.eyes import Eyes, make_eyes
from cutout_rl.data.synthetic.faces.parameters import Expression, Person, Shape
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
_DEGREES = np.abs(np.degrees(AZIMUTH))
_LINE = np.interp(_DEGREES, _HAIRLINE[:, 0], _HAIRLINE[:, 1])
_TEMPLES = np.exp(-(((_DEGREES - 32) / 22) ** 2))
_IN_FRONT = (np.abs(AZIMUTH) < 1).astype(np.float64)


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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lid_opening(x: float, y: float, eyes: Eyes) -> float:
    """Return how far a canonical point lies inside the opening between the lids: 1 at the centre, negative outside."""
    across = (abs(x) - eyes.x) / eyes.width
    rise = y - eyes.y - eyes.slant * across
    bow = max(1.0 - across * across, 0.0)
    if bow <= 0.0:
        return float(-1.0 - (abs(across) - 1.0))
    lid = (eyes.upper if rise > 0 else eyes.lower) * np.sqrt(bow + 1e-6) * (0.75 + 0.25 * bow)
    return float(1.0 - abs(rise) / max(lid, 0.004))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _model(
    bumps: Float64,
    eyes: Eyes,
    jaw: tuple[float, float],
    mouth: tuple[float, float, float],
    scale: Float64,
    hairline: Float64,
) -> tuple[Float32, Float32, Float32]:
    """Return the (R, C, 3) points, (R, C, 4) texture and (R, C) cover of the skin.

    Args:
        bumps: (B, 7) see `_bumps`.
        eyes: place and opening of the eyes.
        jaw: widening, and lengthening of the chin.
        mouth: half its width, how far the jaw is open (0-1), and the smile.
        scale: (3,) size along the axes.
        hairline: (3, C) height of the hairline at every azimuth, and what is added where it recedes.
    """
    points = SKULL.copy()
    rows, columns, _ = points.shape
    for r in range(rows):
        for c in range(columns):
            y = SKULL[r, c, 1]
            points[r, c, 0] *= 1 + jaw[0] * _clip((-0.3 - y) / 0.7)
            points[r, c, 1] -= jaw[1] * _clip((-0.5 - y) / 0.6)
    _displace(points, SKULL, bumps)
    width, opened, smile = mouth
    shaped = np.empty((rows, columns, 3), dtype=np.float32)
    texture = np.empty((rows, columns, 4), dtype=np.float32)
    cover = np.empty((rows, columns), dtype=np.float32)
    outside = (eyes.radius + 0.014) * (eyes.radius + 0.014)
    for r in range(rows):
        for c in range(columns):
            x, y, z = SKULL[r, c]
            px, py, pz = points[r, c]
            opening = -2.0
            if z > 0:
                # The lids lie over the eyeball.
                dx, dy = abs(x) - eyes.x, y - eyes.y
                ball = outside - dx * dx - dy * dy
                if ball > 0:
                    pz = max(pz, eyes.z + np.sqrt(ball))
                opening = _lid_opening(x, y, eyes)
            # The jaw drops, the lips part, and the upper lip rises.
            across = x / width
            bow = max(1.0 - across * across, 0.0)
            front = _clip(z * 2)
            below = _clip((MOUTH + 0.25 - y) / 0.5) * _clip((z + 0.4) / 0.6)
            py -= 0.16 * opened * (below * below) * (3 - 2 * below)
            pz -= 0.05 * opened * below
            step = _clip((MOUTH + 0.012 - y) / 0.024) * _clip((y + 1.05) / 0.35)
            py -= 0.16 * opened * bow * step * front
            raised = _clip((y - MOUTH + 0.012) / 0.024) * _clip((-0.45 - y) / 0.15)
            py += (0.03 * opened + 0.015 * max(smile, 0.0)) * bow * raised * front
            between_lips = opened >= 0.08 and front > 0.5
            closed = -(0.02 * bow - abs(y - MOUTH)) * 50 if between_lips else 1.0
            shaped[r, c, 0], shaped[r, c, 1], shaped[r, c, 2] = px * scale[0], py * scale[1], pz * scale[2]
            texture[r, c, 0], texture[r, c, 1], texture[r, c, 2] = x, y, z
            texture[r, c, 3] = y - hairline[0, c] - hairline[1, c] - hairline[2, c]
            cover[r, c] = min(-opening, closed)
    return shaped, texture, cover


def head_surface(person: Person) -> Surface:
    """Build the skin with holes for eyes and mouth; the texture is canonical position and height above the hairline."""
    shape, expression, receding = person.shape, person.expression, person.appearance.receding
    # Height at every azimuth, recession at the temples, recession in front.
    hairline = np.stack([_LINE, 0.22 * receding * _TEMPLES, 0.05 * receding * _IN_FRONT])
    jaw = (0.07 * shape.jaw + 0.03 * shape.flesh, 0.05 * shape.chin_length)
    mouth = (mouth_width(shape), expression.jaw_open, expression.smile)
    eyes = make_eyes(shape, expression)
    return Surface(*_model(_bumps(shape, expression), eyes, jaw, mouth, head_scale(shape), hairline))
