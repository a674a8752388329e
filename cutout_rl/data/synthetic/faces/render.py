"""The face renderer: pose, rasterize, shade, downsample."""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.accessories import glasses_wires, hat_surfaces, lens_surfaces
from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.body import body_surface
from cutout_rl.data.synthetic.faces.eyes import eye_surfaces
from cutout_rl.data.synthetic.faces.geometry import affine, grid_normals
from cutout_rl.data.synthetic.faces.hair import beard_strands, bun_strands, hair_underlayer, scalp_strands
from cutout_rl.data.synthetic.faces.head import head_surface
from cutout_rl.data.synthetic.faces.mouth_and_ears import ear_surfaces, mouth_surface
from cutout_rl.data.synthetic.faces.noise import NOISE
from cutout_rl.data.synthetic.faces.parameters import Person
from cutout_rl.data.synthetic.faces.part_labels import (
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
from cutout_rl.data.synthetic.faces.primitives import Surface
from cutout_rl.data.synthetic.faces.render_targets import RenderTargets
from cutout_rl.data.synthetic.faces.resolve import resolve, tone_map
from cutout_rl.data.synthetic.faces.shader_tables import amount_table, colour_table
from cutout_rl.data.synthetic.faces.shading import shade
from cutout_rl.data.synthetic.faces.srgb import srgb_to_linear

_TO_LINEAR: Float32 = srgb_to_linear(np.arange(256)).astype(np.float32)
_NECK = np.array([0.0, -0.85, -0.15])
_IDENTITY = np.eye(3, 4, dtype=np.float32)


def _head_rotation(yaw: float, pitch: float, roll: float) -> Float32:
    """Return the (3, 4) affine map of a rotation about the neck."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    return np.column_stack([turn, _NECK - turn @ _NECK]).astype(np.float32)


def _draw_head(targets: RenderTargets, person: Person, turn: Float32) -> Surface:
    """Draw the bald head; return its skin surface."""
    skin = head_surface(person)
    targets.add_surface(skin, SKIN, turn)
    targets.add_surface(mouth_surface(person), MOUTH, turn)
    for eye in eye_surfaces(person):
        targets.add_surface(eye, EYE, turn)
    for ear in ear_surfaces(person):
        targets.add_surface(ear, EAR, turn)
    return skin


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _twist(points: Float32, still: Float32, turn: Float32) -> Float32:
    """Map (R, C, 3) points by `turn` at the top of the neck and by `still` below it, with a transition."""
    turned, twisted, one = affine(points, turn), affine(points, still), np.float32(1)
    for r in range(points.shape[0]):
        for c in range(points.shape[1]):
            follow = min(max((points[r, c, 1] + np.float32(1.5)) / np.float32(0.7), np.float32(0)), one)
            for k in range(3):
                twisted[r, c, k] = twisted[r, c, k] * (one - follow) + turned[r, c, k] * follow
    return twisted


def _draw_body(targets: RenderTargets, person: Person, turn: Float32) -> None:
    """Draw neck and shoulders; the upper neck rotates with the head, the shoulders less."""
    body = body_surface(person)
    twisted = _twist(body.points, _head_rotation(person.pose.body_yaw, 0.0, 0.0), turn)
    targets.add_surface(Surface(twisted, body.texture, body.cover), BODY, _IDENTITY)


def _draw_hair(targets: RenderTargets, person: Person, skin: Surface, turn: Float32, rng: np.random.Generator) -> None:
    """Draw hair, beard and hat."""
    normals, appearance = grid_normals(skin.points), person.appearance
    bed = hair_underlayer(skin, normals, appearance, rng)
    if bed is not None:
        targets.add_surface(bed, HAIR, turn)
    for shell in hat_surfaces(person, skin, normals):
        targets.add_surface(shell, HAT, turn)
    for part, taper, strands in (
        (HAIR, 0.55, scalp_strands(skin, normals, appearance, rng)),
        (HAIR, 0.0, bun_strands(appearance, rng)),
        (BEARD, 0.75, beard_strands(skin, normals, appearance, rng)),
    ):
        if strands is not None:
            targets.add_strands(strands, part, turn, taper)


def _draw_glasses(targets: RenderTargets, person: Person, turn: Float32) -> None:
    """Draw glasses last; label their samples on the face separately, because masks of the face include them."""
    wires = glasses_wires(person)
    if wires is None:
        return
    on_face = np.isin(targets.frame.part, MASK_PARTS["face"])
    for lens in lens_surfaces(person):
        targets.add_surface(lens, GLASSES, turn)
    targets.add_strands(wires, GLASSES, turn, taper=0.0)
    targets.frame.part[on_face & (targets.frame.part == GLASSES)] = GLASSES_ON_FACE


def render(
    person: Person, background: UInt8, rng: np.random.Generator, samples_per_pixel: int, members: tuple[int, ...]
) -> tuple[UInt8, NDArray[np.bool_]]:
    """Render a person over an (S, S, 3) uint8 sRGB background; `rng` draws hair and sensor noise.

    Returns:
        The (S, S, 3) uint8 sRGB image, and the (S, S) mask of the parts in `members`.
    """
    targets = RenderTargets(person.pose, person.light, background.shape[0] * samples_per_pixel)
    turn = _head_rotation(person.pose.yaw, person.pose.pitch, person.pose.roll)
    skin = _draw_head(targets, person, turn)
    _draw_body(targets, person, turn)
    _draw_hair(targets, person, skin, turn, rng)
    _draw_glasses(targets, person, turn)
    around = _TO_LINEAR[background[::8, ::8]].mean(axis=(0, 1), dtype=np.float64)
    colours = colour_table(person.appearance, person.light, around)
    frame = targets.frame
    light = shade(
        frame.depth,
        frame.part,
        frame.attributes,
        colours,
        amount_table(person, float(rng.random())),
        targets.camera,
        np.array([person.light.key, person.light.rim], dtype=np.float32),
        targets.light_frame,
        targets.shadow.depth,
        NOISE,
    )
    belongs = np.zeros(PART_COUNT, dtype=np.bool_)
    belongs[list(members)] = True
    pixels, mask = resolve(light, frame.part, background, _TO_LINEAR, belongs)
    return tone_map(pixels, float(rng.uniform(0.5, 4.0)), rng.integers(0, 256, 2), NOISE), mask
