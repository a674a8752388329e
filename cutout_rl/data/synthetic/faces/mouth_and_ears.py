"""The surfaces of the inside of the mouth and of the ears."""

import numpy as np

from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.primitives import Surface, whole_surface
from cutout_rl.data.synthetic.faces.skull import MOUTH, head_scale

_X, _Y = np.meshgrid(np.linspace(-0.3, 0.3, 13), np.linspace(0.1, -0.36, 13))
_Z = 0.74 - 1.6 * _X**2 - 0.5 * np.clip(-0.07 - _Y, 0, 1)
_MOUTH_POINTS = np.stack([_X, _Y + MOUTH, _Z], axis=-1)
_MOUTH_TEXTURE = np.stack([_X, _Y, _Z, np.zeros_like(_X)], axis=-1)

_RADIUS, _AROUND = np.meshgrid(np.linspace(0.02, 1, 10), np.linspace(0, 2 * np.pi, 25), indexing="ij")
_BACK, _UP = -np.cos(_AROUND) * _RADIUS, np.sin(_AROUND) * _RADIUS
_WIDTH = 0.15 * (1 + 0.25 * np.sin(_AROUND))
_RIM = 0.075 * np.exp(-(((_RADIUS - 0.82) / 0.17) ** 2)) - 0.02 * (_RADIUS < 0.4)
_FLARED = np.clip(-_BACK, -1, 1) + 0.35
_EAR_TEXTURE = np.stack([_RADIUS, _AROUND, np.zeros_like(_RADIUS), np.zeros_like(_RADIUS)], axis=-1)


def mouth_surface(person: Person) -> Surface:
    """Build the inside of the mouth, a curved sheet behind the lips; its texture is (x, y) relative to the lips."""
    return whole_surface(_MOUTH_POINTS * head_scale(person.shape), _MOUTH_TEXTURE)


def ear_surfaces(person: Person) -> list[Surface]:
    """Build two ears, shells with a raised rim; the texture holds radius (0 centre, 1 rim) and angle."""
    shape = person.shape
    size = 1 + 0.09 * shape.ears
    outward = _RIM + (0.42 + 0.12 * shape.ears_out) * _WIDTH * _FLARED
    y = -0.10 + 0.27 * _UP * size + 0.03 * _BACK
    z = -0.12 + _WIDTH * _BACK * size - 0.05 * _UP * size
    surfaces = []
    for side in (-1, 1):
        points = np.stack([side * (0.735 + outward * size), y, z], axis=-1) * head_scale(shape)
        surfaces.append(whole_surface(points[:, ::side], _EAR_TEXTURE[:, ::side]))
    return surfaces
