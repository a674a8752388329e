"""A person before a background: pose, rasterise, shade and put down to pixels."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.body import body_surface
from cutout_rl.data.synthetic.faces.colour import linear
from cutout_rl.data.synthetic.faces.eyes import eye_surfaces
from cutout_rl.data.synthetic.faces.features import ear_surfaces, mouth_surface
from cutout_rl.data.synthetic.faces.geometry import affine, grid_normals
from cutout_rl.data.synthetic.faces.hair import beard_strands, bun_strands, hair_bed, scalp_strands
from cutout_rl.data.synthetic.faces.head import head_surface
from cutout_rl.data.synthetic.faces.noise import NOISE
from cutout_rl.data.synthetic.faces.palette import amount_table, colour_table
from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.parts import (
    BEARD,
    BODY,
    EAR,
    EYE,
    GLASSES,
    GLASSES_ON_FACE,
    HAIR,
    HAT,
    MASK_PARTS,
    MOUTH,
    PART_COUNT,
    SKIN,
)
from cutout_rl.data.synthetic.faces.resolve import develop, resolve
from cutout_rl.data.synthetic.faces.shading import shade
from cutout_rl.data.synthetic.faces.shapes import Surface
from cutout_rl.data.synthetic.faces.stage import Stage
from cutout_rl.data.synthetic.faces.wear import glasses_wires, hat_surfaces, lens_surfaces

_TO_LINEAR: Float32 = linear(np.arange(256)).astype(np.float32)
_NECK = np.array([0.0, -0.85, -0.15])
_UNTURNED = np.eye(3, 4, dtype=np.float32)


def _turn(yaw: float, pitch: float, roll: float) -> Float32:
    """Give the (3, 4) map that turns about the neck."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    return np.column_stack([turn, _NECK - turn @ _NECK]).astype(np.float32)


def _place_head(stage: Stage, person: Person, turn: Float32) -> Surface:
    """Draw the bald head, and give its skin."""
    skin = head_surface(person)
    stage.add_surface(skin, SKIN, turn)
    stage.add_surface(mouth_surface(person), MOUTH, turn)
    for eye in eye_surfaces(person):
        stage.add_surface(eye, EYE, turn)
    for ear in ear_surfaces(person):
        stage.add_surface(ear, EAR, turn)
    return skin


def _place_body(stage: Stage, person: Person, turn: Float32) -> None:
    """Draw neck and shoulders; the neck's upper end follows the head, the shoulders turn less."""
    body = body_surface(person)
    follow = np.clip((body.points[..., 1:2] + 1.5) / 0.7, 0, 1)
    still = affine(body.points, _turn(person.pose.body_yaw, 0.0, 0.0))
    twisted = still * (1 - follow) + affine(body.points, turn) * follow
    stage.add_surface(Surface(twisted, body.texture, body.cover), BODY, _UNTURNED)


def _place_hair(stage: Stage, person: Person, skin: Surface, turn: Float32, rng: np.random.Generator) -> None:
    """Draw hair, beard and hat."""
    normals, looks = grid_normals(skin.points), person.looks
    bed = hair_bed(skin, normals, looks, rng)
    if bed is not None:
        stage.add_surface(bed, HAIR, turn)
    for shell in hat_surfaces(person, skin, normals):
        stage.add_surface(shell, HAT, turn)
    for part, taper, strands in (
        (HAIR, 0.55, scalp_strands(skin, normals, looks, rng)),
        (HAIR, 0.0, bun_strands(looks, rng)),
        (BEARD, 0.75, beard_strands(skin, normals, looks, rng)),
    ):
        if strands is not None:
            stage.add_strands(strands, part, turn, taper)


def _place_glasses(stage: Stage, person: Person, turn: Float32) -> None:
    """Draw glasses over everything else, and mark where they lie on the face: masks of the face include them there."""
    wires = glasses_wires(person)
    if wires is None:
        return
    on_face = np.isin(stage.frame.part, MASK_PARTS["face"])
    for lens in lens_surfaces(person):
        stage.add_surface(lens, GLASSES, turn)
    stage.add_strands(wires, GLASSES, turn, taper=0.0)
    stage.frame.part[on_face & (stage.frame.part == GLASSES)] = GLASSES_ON_FACE


def render(
    person: Person, background: UInt8, rng: np.random.Generator, samples_per_pixel: int, members: tuple[int, ...]
) -> tuple[UInt8, NDArray[np.bool_]]:
    """Render a person before an (S, S, 3) uint8 sRGB background; `rng` grows the hair and seeds the sensor's noise.

    Returns:
        The (S, S, 3) uint8 sRGB image, and the (S, S) mask of the parts in `members`.
    """
    stage = Stage(person.pose, person.light, background.shape[0] * samples_per_pixel)
    turn = _turn(person.pose.yaw, person.pose.pitch, person.pose.roll)
    skin = _place_head(stage, person, turn)
    _place_body(stage, person, turn)
    _place_hair(stage, person, skin, turn, rng)
    _place_glasses(stage, person, turn)
    behind = _TO_LINEAR[background]
    colours = colour_table(person.looks, person.light, behind[::8, ::8].mean(axis=(0, 1), dtype=np.float64))
    frame = stage.frame
    light = shade(
        frame.depth,
        frame.part,
        frame.attributes,
        colours,
        amount_table(person, float(rng.random())),
        stage.camera,
        np.array([person.light.key, person.light.rim], dtype=np.float32),
        stage.light_frame,
        stage.shadow.depth,
        NOISE,
    )
    belongs = np.zeros(PART_COUNT, dtype=np.bool_)
    belongs[list(members)] = True
    pixels, mask = resolve(light, frame.part, behind, belongs)
    return develop(pixels, float(rng.uniform(0.5, 4.0)), rng.integers(0, 256, 2), NOISE), mask
