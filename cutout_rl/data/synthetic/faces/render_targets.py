"""The buffers that a person is drawn to: the camera's frame and the key light's shadow map."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32
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
        side = np.cross([0.0, 1.0, 0.0], light.key)
        side /= np.linalg.norm(side) + 1e-9
        upward = np.cross(light.key, side)
        texels = _SHADOW_SIZE / _SHADOW_SPAN
        middle = _SHADOW_SIZE / 2
        self.light_frame = np.array(
            [[*(side * texels), middle], [*(-upward * texels), middle], [*light.key, 0.0]], dtype=np.float32
        )
        self.texels = np.float32(texels)

    def add_surface(self, surface: Surface, part: int, to_view: Float32) -> None:
        """Draw a surface, mapped to view space by the (3, 4) affine map `to_view`."""
        points = affine(surface.points, to_view)
        attributes = grid_attributes(grid_normals(points), surface.texture, surface.cover)
        frame, shadow = self.frame, self.shadow
        closed = part in _CLOSED
        screen = project(points, self.camera)
        draw_grid(screen, attributes, surface.cover, closed, part, frame.depth, frame.part, frame.attributes)
        if part not in _SHADOWLESS:
            thin = affine(np.ascontiguousarray(points[::2, ::2]), self.light_frame)
            cover = np.ascontiguousarray(surface.cover[::2, ::2])
            draw_grid(thin, _no_attributes(thin), cover, closed, part, shadow.depth, shadow.part, shadow.attributes)

    def add_strands(self, strands: Strands, part: int, to_view: Float32, taper: float) -> None:
        """Draw strands, mapped to view space; `taper` is the share of the width lost at the tip."""
        points = affine(strands.points, to_view)
        centre = affine(_BULK_CENTRE, to_view)[0, 0]
        attributes = strand_attributes(points, centre, strands.shade)
        screen, width = project(points, self.camera), strands.width * self.unit
        frame, shadow = self.frame, self.shadow
        draw_strands(screen, attributes, width, taper, part, frame.depth, frame.part, frame.attributes)
        few = affine(np.ascontiguousarray(points[::3]), self.light_frame)
        width = strands.width[::3] * self.texels * np.float32(2.0)
        draw_strands(few, _no_attributes(few), width, taper, part, shadow.depth, shadow.part, shadow.attributes)


def _no_attributes(points: Float32) -> Float32:
    return np.empty((*points.shape[:2], 0), dtype=np.float32)
