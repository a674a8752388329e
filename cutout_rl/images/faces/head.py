"""The head: a skull lofted from cross-sections, and a table of bumps that makes it a face.

Axes: x to the subject's left (the image's right), y up, z out of the face; the eyes lie near y = 0, the chin at -1.15,
the crown at 1.17. A vertex keeps its place on the mean skull as its canonical coordinates, so that textures and openings
stay on the features whatever the shape and expression.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from cutout_rl.images.faces.parameters import Expression, Looks, Person, Shape
from cutout_rl.images.faces.raster import Float32

# Height of a cross-section, its half width, and how far it reaches to the front and to the back.
_SECTIONS = np.array(
    [
        [-1.17, 0.01, 0.42, 0.40],
        [-1.15, 0.17, 0.58, 0.22],
        [-1.10, 0.31, 0.67, 0.02],
        [-1.00, 0.44, 0.73, -0.16],
        [-0.85, 0.55, 0.76, -0.38],
        [-0.65, 0.63, 0.78, -0.60],
        [-0.45, 0.69, 0.79, -0.80],
        [-0.25, 0.73, 0.79, -0.95],
        [0.00, 0.755, 0.80, -1.03],
        [0.25, 0.765, 0.83, -1.06],
        [0.50, 0.75, 0.80, -1.05],
        [0.70, 0.71, 0.72, -1.00],
        [0.90, 0.61, 0.57, -0.88],
        [1.05, 0.46, 0.38, -0.70],
        [1.14, 0.26, 0.14, -0.44],
        [1.17, 0.01, -0.12, -0.16],
    ]
)
_MOUTH = -0.655
# Azimuth in degrees (0 in front) against the height where hair begins: hairline, temple, sideburn, ear, nape.
_HAIRLINE = np.array(
    [
        [0, 0.70],
        [25, 0.68],
        [42, 0.52],
        [58, 0.30],
        [68, -0.05],
        [80, -0.12],
        [92, 0.16],
        [108, 0.12],
        [125, -0.55],
        [180, -0.72],
    ]
)


@dataclass(frozen=True)
class Surface:
    """A grid of points with what the shader wants to know of each.

    Attributes:
        points: (R, C, 3) float32, head units.
        texture: (R, C, 4) float32, canonical coordinates and one value more, whose meaning depends on the part.
        cover: (R, C) float32, negative where the surface is open.
    """

    points: Float32
    texture: Float32
    cover: Float32


def _mean_skull() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loft the mean skull; give its (R, C, 3) points and its (C,) azimuths in radians."""
    top = np.cos(np.linspace(0.02, 1.1, 18)) * 1.17
    # Rows lie closer where lids and lips need them.
    fine = np.linspace(top[-1], -0.98, 800)
    density = 1.0 + 1.6 * np.exp(-((fine / 0.12) ** 2)) + 1.6 * np.exp(-(((fine - _MOUTH) / 0.12) ** 2))
    place = np.cumsum(density)
    face = np.interp(np.linspace(place[0], place[-1], 66), place, fine)[1:]
    under = np.array([-1.03, -1.08, -1.11, -1.135, -1.15, -1.163, -1.17])
    y = np.concatenate([top, face, under])
    half, front, back = PchipInterpolator(_SECTIONS[:, 0], _SECTIONS[:, 1:])(y).T
    u = np.linspace(-1, 1, 69)
    face_azimuths = np.pi / 2 * (0.72 * u + 0.28 * u**3)
    behind = np.linspace(np.pi / 2, np.pi, 11)[1:]
    azimuth = np.concatenate([-behind[::-1], face_azimuths, behind])
    middle = np.clip(0.5 * (front + back), -0.1, None)[:, None]
    x = half[:, None] * np.sign(np.sin(azimuth)) * np.abs(np.sin(azimuth)) ** 0.94
    reach = np.where(np.abs(azimuth) < np.pi / 2, front[:, None] - middle, middle - back[:, None])
    z = middle + reach * np.sign(np.cos(azimuth)) * np.abs(np.cos(azimuth)) ** 0.94
    # The jaw rises from the chin towards the ears.
    lift = 0.38 * np.clip((-0.35 - y) / 0.8, 0, 1)[:, None] * np.clip(0.75 - z, 0, 1.3)
    return np.stack([x, np.broadcast_to(y[:, None], x.shape) + lift, z], axis=-1), azimuth


_SKULL, _AZIMUTH = _mean_skull()
CANONICAL: Float32 = _SKULL.astype(np.float32)


def mouth_width(shape: Shape) -> float:
    """Give half the mouth's width, in head units."""
    return 0.25 * (1 + 0.09 * shape.mouth_width)


def nose_width(shape: Shape) -> float:
    """Give the nose's width, as a factor of the mean nose's."""
    return 1.0 + 0.14 * shape.nose_width


def _bumps(shape: Shape, expression: Expression) -> NDArray[np.float64]:
    """List the face's bumps, mirrored in x: centre x, centre y, radius x, radius y, push x, push y, push z."""
    s, e = shape, expression
    nose = nose_width(s)
    reach = 0.06 * s.nose_length
    mouth = mouth_width(s)
    lips = 1.0 + 0.35 * s.lips
    ridge = 0.055 + 0.022 * s.brow
    up = 0.035 * e.brows_up
    return np.array(
        [
            # eye sockets, the hollow beside the bridge, brow ridge, glabella
            [0.31, 0.03, 0.32, 0.24, 0, 0, -0.10],
            [0.15, 0.03, 0.15, 0.20, 0, 0, -0.06],
            [0.27, 0.22, 0.36, 0.15, -0.02 * e.frown, up - 0.03 * e.frown, ridge],
            [0.0, 0.20, 0.22, 0.18, 0, 0, 0.03 + 0.012 * s.brow],
            [0.0, 0.55, 0.6, 0.35, 0, 0, 0.02 * s.brow],
            # nose: bridge from root to tip, the tip, the wings, the columella
            [0.0, 0.06, 0.14 * nose, 0.24, 0, 0, 0.075 + 0.03 * s.nose_bridge],
            [0.0, -0.08, 0.14 * nose, 0.22, 0, 0, 0.10 + 0.03 * s.nose_bridge],
            [0.0, -0.21, 0.17 * nose, 0.22, 0, 0, 0.12 + 0.012 * s.nose_bridge],
            [0.0, -0.36 - reach, 0.17 * nose, 0.17, 0, -0.03 + 0.02 * s.nose_tip, 0.21 + 0.03 * s.nose_length],
            [0.125 * nose, -0.39 - reach, 0.10 * nose, 0.11, 0.02 * nose + 0.01 * e.smile, 0.01 * e.smile, 0.11],
            [0.19 * nose, -0.40 - reach, 0.07, 0.12, -0.01, 0, -0.02],
            [0.0, -0.47 - reach, 0.07, 0.07, 0, 0.02, 0.05],
            # cheekbones, cheeks, hollows
            [0.52, -0.14, 0.30, 0.26, 0.03 + 0.025 * s.cheek, 0, 0.03 + 0.02 * s.cheek],
            [0.42, -0.38, 0.34, 0.34, 0.015 * s.flesh, 0, 0.035 + 0.03 * s.flesh],
            [0.50, -0.66, 0.32, 0.32, 0.04 * s.flesh - 0.02, 0, 0.02 * s.flesh - 0.015],
            # muzzle, philtrum, the two lips, the groove between, the fold under them, chin
            [0.0, -0.62, 0.46, 0.36, 0, 0, 0.075],
            [0.0, -0.53, 0.055, 0.10, 0, 0, -0.016],
            [0.0, _MOUTH + 0.05, mouth * 1.15, 0.075, 0, 0, 0.045 * lips],
            [0.0, _MOUTH - 0.065, mouth * 1.0, 0.095, 0, 0, 0.06 * lips],
            [0.0, _MOUTH, mouth * 1.15, 0.035, 0, 0, -0.035],
            [0.0, _MOUTH - 0.19, 0.24, 0.10, 0, 0, -0.045],
            [0.0, -0.99, 0.30 + 0.04 * s.jaw, 0.22, 0, 0, 0.08 + 0.03 * s.chin],
            # the smile pulls the corners of the mouth and lifts the cheeks; the fold from nose to mouth deepens
            [mouth, _MOUTH, 0.19, 0.17, 0.05 * e.smile, 0.055 * e.smile, -0.03 * e.smile],
            [0.37, -0.33, 0.26, 0.22, 0.01 * e.smile, 0.02 * e.smile, 0.05 * e.smile],
            [0.30, -0.50, 0.06, 0.16, 0, 0, -0.012 - 0.022 * max(e.smile, 0.0)],
        ]
    )


@numba.njit(cache=True, nogil=True)
def _push(points: NDArray[np.float64], canonical: NDArray[np.float64], bumps: NDArray[np.float64]) -> None:
    """Add every bump to the (R, C, 3) points in place, where their canonical place is in its reach and in front."""
    rows, columns, _ = points.shape
    for r in range(rows):
        for c in range(columns):
            z = canonical[r, c, 2]
            if z < 0.0:
                continue
            x, y = canonical[r, c, 0], canonical[r, c, 1]
            front = min(1.0, z * 4.0)
            mirror = 1.0 if x >= 0 else -1.0
            ax = abs(x)
            for k in range(bumps.shape[0]):
                u = (ax - bumps[k, 0]) / bumps[k, 2]
                v = (y - bumps[k, 1]) / bumps[k, 3]
                d = u * u + v * v
                if d < 1.0:
                    weight = (1.0 - d) * (1.0 - d) * front
                    points[r, c, 0] += weight * bumps[k, 4] * mirror
                    points[r, c, 1] += weight * bumps[k, 5]
                    points[r, c, 2] += weight * bumps[k, 6]


@dataclass(frozen=True)
class Eyes:
    """Where the eyes are on the mean skull (mirrored in x) and how far they are open, in head units."""

    x: float
    y: float
    z: float
    radius: float
    width: float
    upper: float
    lower: float
    slant: float

    def opening(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tell how far inside the almond between the lids a canonical point is: positive inside, 1 at the centre."""
        across = (np.abs(x) - self.x) / self.width
        rise = y - self.y - self.slant * across
        bow = np.maximum(1.0 - across**2, 0.0)
        lid = np.where(rise > 0, self.upper, self.lower) * np.sqrt(bow + 1e-6) * (0.75 + 0.25 * bow)
        return np.asarray(np.where(bow > 0, 1.0 - np.abs(rise) / np.maximum(lid, 0.004), -1.0 - (np.abs(across) - 1)))


def eyes_of(shape: Shape, expression: Expression) -> Eyes:
    """Place the eyes."""
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


def _scale(shape: Shape) -> NDArray[np.float64]:
    return np.array([1 + 0.045 * shape.width, 1 + 0.04 * shape.height, 1 + 0.04 * shape.depth])


def _drop_jaw(points: NDArray[np.float64], shape: Shape, expression: Expression) -> NDArray[np.float64]:
    """Open the mouth: push what is under it down, in place, and give the cover that cuts the lips apart."""
    x, y, z = np.moveaxis(_SKULL, -1, 0)
    width = mouth_width(shape)
    bow = np.maximum(1.0 - (x / width) ** 2, 0.0)
    front = np.clip(z * 2, 0, 1)
    opened = expression.jaw_open
    below = np.clip((_MOUTH + 0.25 - y) / 0.5, 0, 1) * np.clip((z + 0.4) / 0.6, 0, 1)
    points[..., 1] -= 0.16 * opened * below**2 * (3 - 2 * below)
    points[..., 2] -= 0.05 * opened * below
    step = np.clip((_MOUTH + 0.012 - y) / 0.024, 0, 1) * np.clip((y + 1.05) / 0.35, 0, 1)
    points[..., 1] -= 0.16 * opened * bow * step * front
    raised = np.clip((y - _MOUTH + 0.012) / 0.024, 0, 1) * np.clip((-0.45 - y) / 0.15, 0, 1)
    points[..., 1] += (0.03 * opened + 0.015 * max(expression.smile, 0)) * bow * raised * front
    if opened < 0.08:
        return np.ones_like(x)
    inside = 0.02 * bow - np.abs(y - _MOUTH)
    return np.where(front > 0.5, -inside * 50, 1.0)


def _hair_distance(looks: Looks) -> NDArray[np.float64]:
    """Give every vertex its height over the hairline."""
    line = np.interp(np.degrees(np.abs(_AZIMUTH)), _HAIRLINE[:, 0], _HAIRLINE[:, 1])
    recede = 0.22 * looks.receding * np.exp(-(((np.abs(np.degrees(_AZIMUTH)) - 32) / 22) ** 2))
    return np.asarray(_SKULL[..., 1] - line - recede - 0.05 * looks.receding * (np.abs(_AZIMUTH) < 1))


def head_surface(person: Person) -> Surface:
    """Build the head's skin: canonical coordinates and height over the hairline as texture, eyes and mouth open."""
    shape, expression = person.shape, person.expression
    x, y = _SKULL[..., 0], _SKULL[..., 1]
    points = _SKULL.copy()
    low = np.clip((-0.3 - y) / 0.7, 0, 1)
    points[..., 0] *= 1 + (0.07 * shape.jaw + 0.03 * shape.flesh) * low
    points[..., 1] -= 0.05 * shape.chin_length * np.clip((-0.5 - y) / 0.6, 0, 1)
    _push(points, _SKULL, _bumps(shape, expression))
    eyes = eyes_of(shape, expression)
    ball = (eyes.radius + 0.014) ** 2 - (np.abs(x) - eyes.x) ** 2 - (y - eyes.y) ** 2
    lids = eyes.z + np.sqrt(np.maximum(ball, 0))
    points[..., 2] = np.where((ball > 0) & (_SKULL[..., 2] > 0), np.maximum(points[..., 2], lids), points[..., 2])
    opening = np.where(_SKULL[..., 2] > 0, eyes.opening(x, y), -2.0)
    cover = np.minimum(-opening, _drop_jaw(points, shape, expression))
    points *= _scale(shape)
    texture = np.concatenate([_SKULL, _hair_distance(person.looks)[..., None]], axis=-1)
    return Surface(points.astype(np.float32), texture.astype(np.float32), cover.astype(np.float32))


def eye_surfaces(person: Person) -> list[Surface]:
    """Build two eyeballs; the texture is the direction on the ball as seen from the pupil, whose axis is z."""
    eyes = eyes_of(person.shape, person.expression)
    polar, around = np.meshgrid(np.linspace(0.01, 1.6, 14), np.linspace(0, 2 * np.pi, 21), indexing="ij")
    ball = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    yaw, pitch = person.expression.gaze
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    local = ball @ (turn_y @ turn_x)
    surfaces = []
    for side in (-1.0, 1.0):
        points = (np.array([side * eyes.x, eyes.y, eyes.z]) + eyes.radius * ball) * _scale(person.shape)
        texture = np.concatenate([local, np.zeros((*local.shape[:2], 1))], axis=-1)
        surfaces.append(_plain(points, texture))
    return surfaces


def _plain(points: NDArray[np.float64], texture: NDArray[np.float64]) -> Surface:
    return Surface(points.astype(np.float32), texture.astype(np.float32), np.ones(points.shape[:2], dtype=np.float32))


def mouth_surface(person: Person) -> Surface:
    """Build the inside of the mouth: a curved curtain behind the lips whose texture is its (x, y) from the lips."""
    x, y = np.meshgrid(np.linspace(-0.3, 0.3, 13), np.linspace(0.1, -0.36, 13))
    z = 0.74 - 1.6 * x**2 - 0.5 * np.clip(-0.07 - y, 0, 1)
    points = np.stack([x, y + _MOUTH, z], axis=-1) * _scale(person.shape)
    return _plain(points, np.stack([x, y, z, np.zeros_like(x)], axis=-1))


def ear_surfaces(person: Person) -> list[Surface]:
    """Build two ears as shells with a raised rim; the texture holds the radius (0 centre, 1 rim) and the angle."""
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
        z = -0.12 + width * back * size * 1.0 - 0.10 * up * size * 0.5
        points = np.stack([x, y, z], axis=-1) * _scale(shape)
        texture = np.stack([radius, around, np.zeros_like(x), np.zeros_like(x)], axis=-1)
        surfaces.append(_plain(points if side > 0 else points[:, ::-1], texture if side > 0 else texture[:, ::-1]))
    return surfaces
