"""The surfaces of the inside of the mouth and of the ears."""

import numpy as np

from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.primitives import Surface, whole_surface
from cutout_rl.data.synthetic.faces.skull import MOUTH, head_scale


def mouth_surface(person: Person) -> Surface:
    """Build the inside of the mouth, a curved sheet behind the lips; its texture is (x, y) relative to the lips."""
    x, y = np.meshgrid(np.linspace(-0.3, 0.3, 13), np.linspace(0.1, -0.36, 13))
    z = 0.74 - 1.6 * x**2 - 0.5 * np.clip(-0.07 - y, 0, 1)
    points = np.stack([x, y + MOUTH, z], axis=-1) * head_scale(person.shape)
    return whole_surface(points, np.stack([x, y, z, np.zeros_like(x)], axis=-1))


def ear_surfaces(person: Person) -> list[Surface]:
    """Build two ears, shells with a raised rim; the texture holds radius (0 centre, 1 rim) and angle."""
    shape = person.shape
    radius, around = np.meshgrid(np.linspace(0.02, 1, 10), np.linspace(0, 2 * np.pi, 25), indexing="ij")
    size = 1 + 0.09 * shape.ears
    back = -np.cos(around) * radius
    up = np.sin(around) * radius
    width = 0.15 * (1 + 0.25 * np.sin(around))
    rim = 0.075 * np.exp(-(((radius - 0.82) / 0.17) ** 2)) - 0.02 * (radius < 0.4)
    flare = 0.42 + 0.12 * shape.ears_out
    outward = rim + flare * width * (np.clip(-back, -1, 1) + 0.35)
    surfaces = []
    for side in (-1.0, 1.0):
        x = side * (0.735 + outward * size)
        y = -0.10 + 0.27 * up * size + 0.03 * back
        z = -0.12 + width * back * size - 0.05 * up * size
        points = np.stack([x, y, z], axis=-1) * head_scale(shape)
        texture = np.stack([radius, around, np.zeros_like(x), np.zeros_like(x)], axis=-1)
        surfaces.append(
            whole_surface(points if side > 0 else points[:, ::-1], texture if side > 0 else texture[:, ::-1])
        )
    return surfaces
