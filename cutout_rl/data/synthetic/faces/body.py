"""The surface of neck, shoulders and clothing."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.primitives import Surface, whole_surface

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
_SHOULDERS = np.clip((-1.45 - _HEIGHTS) / 0.5, 0, 1)
_MIDDLE = 0.5 * (_FRONT + _BACK)[:, None]
_ROUNDNESS = (1.0 - 0.25 * _SHOULDERS)[:, None]
_SIDEWAYS = np.sign(np.sin(_AZIMUTH)) * np.abs(np.sin(_AZIMUTH)) ** _ROUNDNESS
_GRID = np.broadcast_to(_HEIGHTS[:, None], _SIDEWAYS.shape)
_DEPTH = _MIDDLE + 0.5 * (_FRONT - _BACK)[:, None] * np.sign(np.cos(_AZIMUTH)) * np.abs(np.cos(_AZIMUTH)) ** _ROUNDNESS
_COLLARS = {
    "crew": -1.52 - 0.10 * np.cos(_AZIMUTH),
    "v": -1.48 - 0.45 * np.clip(1 - np.abs(_AZIMUTH) / 0.5, 0, 1),
    "high": -1.12 + 0.0 * _AZIMUTH,
    "shirt": -1.30 - 0.30 * np.clip(1 - np.abs(_AZIMUTH) / 0.55, 0, 1),
}
_BELOW = {collar: np.broadcast_to(edge, _GRID.shape) - _GRID for collar, edge in _COLLARS.items()}
_THICKNESS = {
    collar: 1 + 0.10 * np.clip((below + 0.05) / 0.06, 0, 1) * (1 - 0.6 * _SHOULDERS[:, None])
    for collar, below in _BELOW.items()
}


def body_surface(person: Person) -> Surface:
    """Build neck and torso; the texture is the canonical position and the depth below the collar (negative on skin)."""
    shape, collar = person.shape, person.appearance.collar
    half = _HALF * (1 + 0.06 * shape.neck * (1 - _SHOULDERS) + 0.08 * shape.shoulders * _SHOULDERS)
    x = half[:, None] * _SIDEWAYS
    below, thick = _BELOW[collar], _THICKNESS[collar]
    points = np.stack([x * thick, _GRID, _MIDDLE + (_DEPTH - _MIDDLE) * thick], axis=-1)
    return whole_surface(points, np.stack([x, _GRID, _DEPTH, below], axis=-1))
