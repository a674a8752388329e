"""The surface of neck, shoulders and clothing."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.primitives import Surface

# Cross-sections: height, half width, front and back.
_SECTIONS = np.array(
    [
        [-3.80, 1.95, 0.80, -0.75],
        [-2.50, 1.95, 0.70, -0.72],
        [-2.05, 1.75, 0.58, -0.70],
        [-1.82, 1.38, 0.48, -0.68],
        [-1.68, 0.98, 0.42, -0.66],
        [-1.56, 0.68, 0.37, -0.64],
        [-1.40, 0.52, 0.32, -0.62],
        [-1.10, 0.47, 0.28, -0.62],
        [-0.60, 0.46, 0.22, -0.62],
    ]
)
_HEIGHTS = np.concatenate([np.linspace(-0.6, -2.0, 34), np.linspace(-2.1, -3.8, 14)])
_HALF, _FRONT, _BACK = PchipInterpolator(_SECTIONS[:, 0], _SECTIONS[:, 1:])(_HEIGHTS).T
_AZIMUTH = np.linspace(-np.pi, np.pi, 57)


def body_surface(person: Person) -> Surface:
    """Build neck and torso; the texture is the canonical position and the depth below the collar (negative on skin)."""
    shape = person.shape
    y, front, back = _HEIGHTS, _FRONT, _BACK
    shoulders = np.clip((-1.45 - y) / 0.5, 0, 1)
    half = _HALF * (1 + 0.06 * shape.neck * (1 - shoulders) + 0.08 * shape.shoulders * shoulders)
    middle = 0.5 * (front + back)[:, None]
    power = (1.0 - 0.25 * shoulders)[:, None]
    sine, cosine = np.sin(_AZIMUTH), np.cos(_AZIMUTH)
    x = half[:, None] * np.sign(sine) * np.abs(sine) ** power
    z = middle + 0.5 * (front - back)[:, None] * np.sign(cosine) * np.abs(cosine) ** power
    height = np.broadcast_to(y[:, None], x.shape)
    edge = {
        "crew": -1.52 - 0.10 * cosine,
        "v": -1.48 - 0.45 * np.clip(1 - np.abs(_AZIMUTH) / 0.5, 0, 1),
        "high": -1.12 + 0.0 * cosine,
        "shirt": -1.30 - 0.30 * np.clip(1 - np.abs(_AZIMUTH) / 0.55, 0, 1),
    }[person.appearance.collar]
    below = np.broadcast_to(edge, x.shape) - height
    thick = 1 + 0.10 * np.clip((below + 0.05) / 0.06, 0, 1) * (1 - 0.6 * shoulders[:, None])
    points = np.stack([x * thick, height, middle + (z - middle) * thick], axis=-1)
    texture = np.stack([x, height, z, below], axis=-1)
    return Surface(points.astype(np.float32), texture.astype(np.float32), np.ones(points.shape[:2], dtype=np.float32))
