"""The buffers that a person is drawn to: the camera's frame and the key light's shadow map."""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.geometry import (
    ATTRIBUTES,
    affine,
    grid_attributes,
    grid_normals,
    project,
    strand_attributes,
)
from cutout_rl.data.synthetic.faces.parameters import Light, Pose
from cutout_rl.data.synthetic.faces.part_labels import BODY, EYE, HAIR, MOUTH, SKIN
from cutout_rl.data.synthetic.faces.primitives import Strands, Surface
from cutout_rl.data.synthetic.faces.rasterizer import Buffers, draw_grid, draw_strands

_CAMERA_DISTANCE = 8.0
_HEAD_HEIGHT = 2.35
_SHADOW_SIZE = 144
_SHADOW_SPAN = 4.4
_CLOSED = (SKIN, BODY, EYE, HAIR)
_SHADOWLESS = (EYE, MOUTH)
# Hair is shaded with the normals of a sphere about this point.
_BULK_CENTRE = np.array([[[0.0, -0.1, -0.15]]], dtype=np.float32)


class RenderTargets:
    """The frame of a camera and the shadow map of the key light; primitives are drawn to both."""

    def __init__(self, pose: Pose, light: Light, samples: int) -> None:
        """Set up a frame of `samples` x `samples` and the shadow map."""
        self.frame = Buffers(samples, ATTRIBUTES)
        self.shadow = Buffers(_SHADOW_SIZE, 0)
        self.unit = np.float32(pose.scale * samples / _HEAD_HEIGHT)
        x, y = pose.centre
        focal = self.unit * _CAMERA_DISTANCE
        self.camera = np.array([x * samples, y * samples, focal, _CAMERA_DISTANCE], dtype=np.float32)
        x, y, z = light.key.tolist()
        side = np.array([z, 0.0, -x])  # the cross product of the vertical and the key light
        side /= np.linalg.norm(side) + 1e-9
        upward = np.array([y * side[2], z * side[0] - x * side[2], -y * side[0]])
        texels = _SHADOW_SIZE / _SHADOW_SPAN
        self.light_frame = np.zeros((3, 4), dtype=np.float32)
        self.light_frame[:, :3] = side * texels, -upward * texels, light.key
        self.light_frame[:2, 3] = _SHADOW_SIZE / 2
        self.texels = np.float32(texels)

    def add_surface(self, surface: Surface, part: int, to_view: Float32) -> None:
        """Draw a surface, mapped to view space by the (3, 4) affine map `to_view`."""
        points, texture, cover = surface.points, surface.texture, surface.cover
        frame, shadow, closed = self.frame, self.shadow, part in _CLOSED
        buffers = (frame.depth, frame.part, frame.attributes)
        _draw_surface(points, texture, cover, to_view, self.camera, closed, part, *buffers)
        if part not in _SHADOWLESS:
            buffers = (shadow.depth, shadow.part, shadow.attributes)
            _draw_shadow(points, cover, to_view, self.light_frame, closed, part, *buffers)

    def add_strands(self, strands: Strands, part: int, to_view: Float32, taper: float) -> None:
        """Draw strands, mapped to view space; `taper` is the share of the width lost at the tip."""
        points, frame, shadow = affine(strands.points, to_view), self.frame, self.shadow
        width, buffers = strands.width * self.unit, (frame.depth, frame.part, frame.attributes)
        _draw_strands(points, strands.shade, width, to_view, self.camera, taper, part, *buffers)
        width = strands.width[::3] * self.texels * np.float32(2.0)
        buffers = (shadow.depth, shadow.part, shadow.attributes)
        _draw_strand_shadows(points, width, self.light_frame, taper, part, *buffers)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_surface(
    points: Float32,
    texture: Float32,
    cover: Float32,
    to_view: Float32,
    camera: Float32,
    closed: bool,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Map a surface to view space and draw it to the frame."""
    moved = affine(points, to_view)
    attributes = grid_attributes(grid_normals(moved), texture, cover)
    draw_grid(project(moved, camera), attributes, cover, closed, part, depth, parts, buffer)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_shadow(
    points: Float32,
    cover: Float32,
    to_view: Float32,
    light_frame: Float32,
    closed: bool,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Map every second row and column of a surface to view space and draw it to the shadow map."""
    thin = affine(affine(np.ascontiguousarray(points[::2, ::2]), to_view), light_frame)
    nothing = np.empty((thin.shape[0], thin.shape[1], 0), np.float32)
    draw_grid(thin, nothing, np.ascontiguousarray(cover[::2, ::2]), closed, part, depth, parts, buffer)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_strands(
    points: Float32,
    shade: Float32,
    width: Float32,
    to_view: Float32,
    camera: Float32,
    taper: float,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Draw strands in view space to the frame."""
    attributes = strand_attributes(points, affine(_BULK_CENTRE, to_view)[0, 0], shade)
    draw_strands(project(points, camera), attributes, width, taper, part, depth, parts, buffer)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_strand_shadows(
    points: Float32,
    width: Float32,
    light_frame: Float32,
    taper: float,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Draw every third strand, in view space, to the shadow map."""
    few = affine(np.ascontiguousarray(points[::3]), light_frame)
    nothing = np.empty((few.shape[0], few.shape[1], 0), np.float32)
    draw_strands(few, nothing, width, taper, part, depth, parts, buffer)
