"""Glasses and hats."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.eyes import make_eyes
from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.primitives import Strands, Surface
from cutout_rl.data.synthetic.faces.skull import CANONICAL

_WIRE_POINTS = 25


def _rim(person: Person, side: float, radius: float) -> Float64:
    """Return the (25, 3) outline of one lens, curved back towards the temple."""
    eyes = make_eyes(person.shape, person.expression)
    angle = np.linspace(0, 2 * np.pi, _WIRE_POINTS)
    power = 1.0 if person.appearance.glasses == "round" else 0.55
    x = 0.235 * radius * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = 0.185 * radius * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    z = 0.86 - 0.16 * np.clip(eyes.x + x * side - 0.2, 0, 1)
    return np.stack([side * eyes.x + x, -0.03 + y, z], axis=-1)


def glasses_wires(person: Person) -> Strands | None:
    """Build rims, bridge and temples of glasses; return None for a person without."""
    if not person.appearance.glasses:
        return None
    left, right = _rim(person, -1.0, 1.0), _rim(person, 1.0, 1.0)
    wires = [left, right]
    t = np.linspace(0, 1, _WIRE_POINTS)[:, None]
    inner = _WIRE_POINTS // 2
    wires.append(left[0] * (1 - t) + right[inner] * t + np.array([0.0, 0.05, 0.07]) * np.sin(np.pi * t))
    for side, rim, place in ((-1.0, left, inner), (1.0, right, 0)):
        ear = np.array([side * 0.83, 0.06, -0.15])
        hinge = np.array([side * 0.73, 0.05, 0.55])
        bent = np.where(t < 0.3, rim[place] + (hinge - rim[place]) * t / 0.3, hinge + (ear - hinge) * (t - 0.3) / 0.7)
        wires.append(bent)
    points = np.stack(wires).astype(np.float32)
    width = np.full(len(wires), 0.03 if person.appearance.glasses == "round" else 0.045, dtype=np.float32)
    return Strands(points, np.ones(len(wires), dtype=np.float32), width)


def lens_surfaces(person: Person) -> list[Surface]:
    """Build the two dark lenses of sunglasses; clear lenses are not drawn."""
    if person.appearance.glasses != "shades":
        return []
    surfaces = []
    for side in (-1.0, 1.0):
        points = np.stack([_rim(person, side, r) for r in (0.02, 0.4, 0.7, 1.0)]).astype(np.float32)
        points[:-1, :, 2] += 0.02
        texture = np.zeros((*points.shape[:2], 4), dtype=np.float32)
        surfaces.append(Surface(points, texture, np.ones(points.shape[:2], dtype=np.float32)))
    return surfaces


def hat_surfaces(person: Person, skin: Surface, normals: Float32) -> list[Surface]:
    """Build a beanie, or a cap with its brim, if any; the texture is the canonical position."""
    hat = person.appearance.hat
    if not hat:
        return []
    y, z = CANONICAL[..., 1], CANONICAL[..., 2]
    above = y - 0.42 - 0.12 * z
    thick = (
        np.clip(above / 0.05, 0, 1) * 0.09
        + 0.10 * np.clip(above / 0.6, 0, 1)
        + 0.04 * (above < 0.14) * (hat == "beanie")
    )
    points = skin.points + normals * thick[..., None]
    surfaces = [Surface(points.astype(np.float32), skin.texture, (above * 5).astype(np.float32))]
    if hat == "cap":
        angle, out = np.meshgrid(np.linspace(-1.0, 1.0, 17), np.linspace(0, 1, 6))
        bx = 0.78 * np.sin(angle) * (1 - 0.1 * out)
        bz = 0.90 * np.cos(angle) + 0.55 * out * np.cos(1.3 * angle)
        by = 0.57 - 0.10 * out - 0.10 * np.abs(np.sin(angle)) ** 2
        brim = np.stack([bx, by, bz], axis=-1)
        texture = np.concatenate([brim, np.zeros((*bx.shape, 1))], axis=-1)
        surfaces.append(
            Surface(brim.astype(np.float32), texture.astype(np.float32), np.ones(bx.shape, dtype=np.float32))
        )
    return surfaces
