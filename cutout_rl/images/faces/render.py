"""A person before a background: pose, project, rasterise, shade and put down to pixels."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.images.faces.body import body_surface
from cutout_rl.images.faces.hair import Strands, beard_strands, bun_strands, hair_bed, scalp_strands
from cutout_rl.images.faces.head import Surface, ear_surfaces, eye_surfaces, head_surface, mouth_surface
from cutout_rl.images.faces.noise import NOISE
from cutout_rl.images.faces.palette import amount_table, colour_table
from cutout_rl.images.faces.parameters import Light, Person, Pose, linear
from cutout_rl.images.faces.parts import BEARD, BODY, EAR, EYE, GLASSES, HAIR, HAT, MOUTH, PART_COUNT, SKIN
from cutout_rl.images.faces.raster import (
    ATTRIBUTES,
    Buffers,
    Float32,
    UInt8,
    affine,
    draw_grid,
    draw_strands,
    grid_attributes,
    grid_normals,
    project,
    strand_attributes,
)
from cutout_rl.images.faces.resolve import develop, resolve
from cutout_rl.images.faces.shading import shade
from cutout_rl.images.faces.wear import glasses_wires, hat_surfaces, lens_surfaces

_CAMERA_DISTANCE = 8.0
_HEAD_HEIGHT = 2.35
_SHADOW_SIZE = 144
_SHADOW_SPAN = 4.4
_CLOSED = (SKIN, BODY, EYE)
_SHADOWLESS = (EYE, MOUTH)
_TO_LINEAR: Float32 = linear(np.arange(256)).astype(np.float32)
_NECK = np.array([0.0, -0.85, -0.15])


def _turn(yaw: float, pitch: float, roll: float) -> Float32:
    """Give the (3, 4) map that turns about the neck."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    return np.column_stack([turn, _NECK - turn @ _NECK]).astype(np.float32)


class _Stage:
    """A camera and a light, each with its buffers, and the two ways to put something before both."""

    def __init__(self, pose: Pose, light: Light, samples: int) -> None:
        self.frame = Buffers(samples, ATTRIBUTES)
        self.shadow = Buffers(_SHADOW_SIZE, 0)
        self.unit = np.float32(pose.scale * samples / _HEAD_HEIGHT)
        x, y = pose.centre
        focal = self.unit * _CAMERA_DISTANCE
        self.camera = np.array([x * samples, y * samples, focal, _CAMERA_DISTANCE], dtype=np.float32)
        side = np.cross([0.0, 1.0, 0.0], light.key)
        side /= np.linalg.norm(side) + 1e-9
        upward = np.cross(light.key, side)
        texels = _SHADOW_SIZE / _SHADOW_SPAN
        middle = _SHADOW_SIZE / 2
        self.light_frame = np.array(
            [[*(side * texels), middle], [*(-upward * texels), middle], [*light.key, 0.0]], dtype=np.float32
        )
        self.texels = np.float32(texels)

    def add_surface(self, points: Float32, surface: Surface, part: int) -> None:
        """Draw a surface whose (R, C, 3) points are in view space."""
        attributes = grid_attributes(grid_normals(points), surface.texture, surface.cover)
        frame, shadow = self.frame, self.shadow
        closed = part in _CLOSED
        screen = project(points, self.camera)
        draw_grid(screen, attributes, surface.cover, closed, part, frame.depth, frame.part, frame.attributes)
        if part not in _SHADOWLESS:
            thin = affine(np.ascontiguousarray(points[::2, ::2]), self.light_frame)
            cover = np.ascontiguousarray(surface.cover[::2, ::2])
            draw_grid(thin, _nothing(thin), cover, closed, part, shadow.depth, shadow.part, shadow.attributes)

    def add_strands(self, points: Float32, centre: Float32, strands: Strands, part: int, taper: float) -> None:
        """Draw strands whose (S, P, 3) points are in view space; their bulk bulges away from `centre`."""
        attributes = strand_attributes(points, centre, strands.shade)
        screen, width = project(points, self.camera), strands.width * self.unit
        frame, shadow = self.frame, self.shadow
        draw_strands(screen, attributes, width, taper, part, frame.depth, frame.part, frame.attributes)
        few = affine(points[::3], self.light_frame)
        width = strands.width[::3] * self.texels * np.float32(2.0)
        draw_strands(few, _nothing(few), width, taper, part, shadow.depth, shadow.part, shadow.attributes)


def _nothing(points: Float32) -> Float32:
    return np.empty((*points.shape[:2], 0), dtype=np.float32)


def _place(stage: _Stage, person: Person, rng: np.random.Generator) -> None:
    """Draw all of the person into the stage's buffers."""
    pose = person.pose
    turn = _turn(pose.yaw, pose.pitch, pose.roll)
    skin = head_surface(person)
    skin_points = affine(skin.points, turn)
    stage.add_surface(skin_points, skin, SKIN)
    for part, surfaces in ((EYE, eye_surfaces(person)), (MOUTH, [mouth_surface(person)]), (EAR, ear_surfaces(person))):
        for surface in surfaces:
            stage.add_surface(affine(surface.points, turn), surface, part)
    body = body_surface(person)
    follow = np.clip((body.points[..., 1:2] + 1.5) / 0.7, 0, 1)
    still = affine(body.points, _turn(pose.body_yaw, 0.0, 0.0))
    stage.add_surface(still * (1 - follow) + affine(body.points, turn) * follow, body, BODY)
    normals = grid_normals(skin.points)
    bed = hair_bed(skin, normals, person.looks, rng)
    if bed is not None:
        stage.add_surface(affine(bed.points, turn), bed, HAIR)
    for part, surfaces in ((GLASSES, lens_surfaces(person)), (HAT, hat_surfaces(person, skin, normals))):
        for surface in surfaces:
            stage.add_surface(affine(surface.points, turn), surface, part)
    centre = affine(np.array([[[0.0, -0.1, -0.15]]], dtype=np.float32), turn)[0, 0]
    for part, taper, strands in (
        (HAIR, 0.55, scalp_strands(skin, normals, person.looks, rng)),
        (HAIR, 0.0, bun_strands(person.looks, rng)),
        (BEARD, 0.75, beard_strands(skin, normals, person.looks, rng)),
        (GLASSES, 0.0, glasses_wires(person)),
    ):
        if strands is not None:
            stage.add_strands(affine(strands.points, turn), centre, strands, part, taper)


def render(
    person: Person, background: UInt8, rng: np.random.Generator, samples_per_pixel: int, members: tuple[int, ...]
) -> tuple[UInt8, NDArray[np.bool_]]:
    """Render a person before an (S, S, 3) uint8 sRGB background; `rng` grows the hair and seeds the sensor's noise.

    Returns:
        The (S, S, 3) uint8 sRGB image, and the (S, S) mask of the parts in `members`.
    """
    stage = _Stage(person.pose, person.light, background.shape[0] * samples_per_pixel)
    _place(stage, person, rng)
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
