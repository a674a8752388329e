"""The eyes: positions, lid openings and eyeballs."""

from typing import NamedTuple

import numpy as np

from cutout_rl.data.synthetic.faces.parameters import Expression, Person, Shape
from cutout_rl.data.synthetic.faces.primitives import Surface, whole_surface
from cutout_rl.data.synthetic.faces.skull import head_scale

_POLAR, _AROUND = np.meshgrid(np.linspace(0.01, 1.6, 14), np.linspace(0, 2 * np.pi, 21), indexing="ij")
_BALL = np.stack([np.sin(_POLAR) * np.cos(_AROUND), np.sin(_POLAR) * np.sin(_AROUND), np.cos(_POLAR)], axis=-1)


class Eyes(NamedTuple):
    """Position and opening of the eyes on the mean skull, mirrored in x, in head units."""

    x: float
    y: float
    z: float
    radius: float
    width: float
    upper: float
    lower: float
    slant: float


def make_eyes(shape: Shape, expression: Expression) -> Eyes:
    """Compute the eyes' positions and openings."""
    size = 1.0 + 0.08 * shape.eye_size
    wide = expression.lids - 0.2 * max(expression.smile, 0.0) + 0.12 * expression.brows_up
    return Eyes(
        x=0.315 + 0.016 * shape.eye_spacing,
        y=0.0,
        z=0.535,
        radius=0.16 * size,
        width=0.148 * size,
        upper=0.075 * size * max(wide, 0.05),
        lower=0.042 * size * (0.4 + 0.6 * max(wide, 0.05)),
        slant=0.014 * shape.eye_slant,
    )


def eye_surfaces(person: Person) -> list[Surface]:
    """Build two eyeballs; the texture is the direction on the ball, with the pupil at +z."""
    eyes = make_eyes(person.shape, person.expression)
    yaw, pitch = person.expression.gaze
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    local = _BALL @ (turn_y @ turn_x)
    surfaces = []
    for side in (-1.0, 1.0):
        points = (np.array([side * eyes.x, eyes.y, eyes.z]) + eyes.radius * _BALL) * head_scale(person.shape)
        texture = np.concatenate([local, np.zeros((*local.shape[:2], 1))], axis=-1)
        surfaces.append(whole_surface(points, texture))
    return surfaces
