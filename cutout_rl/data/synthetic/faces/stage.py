"""Where a person is drawn: a camera and a key light, each with its buffers."""

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
from cutout_rl.data.synthetic.faces.parts import BODY, EYE, HAIR, MOUTH, SKIN
from cutout_rl.data.synthetic.faces.raster import Buffers, draw_grid, draw_strands
from cutout_rl.data.synthetic.faces.shapes import Strands, Surface

_CAMERA_DISTANCE = 8.0
_HEAD_HEIGHT = 2.35
_SHADOW_SIZE = 144
_SHADOW_SPAN = 4.4
_CLOSED = (SKIN, BODY, EYE, HAIR)
_SHADOWLESS = (EYE, MOUTH)
# Hair is shaded as if its bulk were a ball about this point.
_BULK_CENTRE = np.array([[[0.0, -0.1, -0.15]]], dtype=np.float32)


class Stage:
    """A camera and a light, each with its buffers, and the two ways to put something before both."""

    def __init__(self, pose: Pose, light: Light, samples: int) -> None:
        """Set the camera for a frame of `samples` x `samples`, and the shadow map for the key light."""
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
        """Draw a surface, moved into view space by the (3, 4) map `to_view`."""
        points = affine(surface.points, to_view)
        attributes = grid_attributes(grid_normals(points), surface.texture, surface.cover)
        frame, shadow = self.frame, self.shadow
        closed = part in _CLOSED
        screen = project(points, self.camera)
        draw_grid(screen, attributes, surface.cover, closed, part, frame.depth, frame.part, frame.attributes)
        if part not in _SHADOWLESS:
            thin = affine(np.ascontiguousarray(points[::2, ::2]), self.light_frame)
            cover = np.ascontiguousarray(surface.cover[::2, ::2])
            draw_grid(thin, _nothing(thin), cover, closed, part, shadow.depth, shadow.part, shadow.attributes)

    def add_strands(self, strands: Strands, part: int, to_view: Float32, taper: float) -> None:
        """Draw strands, moved into view space; `taper` is the share of its width that each loses towards its tip."""
        points = affine(strands.points, to_view)
        centre = affine(_BULK_CENTRE, to_view)[0, 0]
        attributes = strand_attributes(points, centre, strands.shade)
        screen, width = project(points, self.camera), strands.width * self.unit
        frame, shadow = self.frame, self.shadow
        draw_strands(screen, attributes, width, taper, part, frame.depth, frame.part, frame.attributes)
        few = affine(np.ascontiguousarray(points[::3]), self.light_frame)
        width = strands.width[::3] * self.texels * np.float32(2.0)
        draw_strands(few, _nothing(few), width, taper, part, shadow.depth, shadow.part, shadow.attributes)


def _nothing(points: Float32) -> Float32:
    return np.empty((*points.shape[:2], 0), dtype=np.float32)
