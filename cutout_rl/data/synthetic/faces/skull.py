"""The mean skull, lofted from cross-sections, and individual proportions.

Axes: x to the subject's left (the image's right), y up, z out of the face; the eyes are near y = 0, the chin at -1.15,
the crown at 1.17. The canonical coordinates of a vertex are its position on the mean skull, so textures and openings
follow the features for every shape and expression.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.parameters import Shape

# Cross-sections: height, half width, front and back.
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
MOUTH = -0.655


def _mean_skull() -> tuple[Float64, Float64]:
    """Loft the mean skull; return its (R, C, 3) points and (C,) azimuths in radians."""
    top = np.cos(np.linspace(0.02, 1.1, 18)) * 1.17
    # Rows are denser at lids and lips.
    fine = np.linspace(top[-1], -0.98, 800)
    density = 1.0 + 1.6 * np.exp(-((fine / 0.12) ** 2)) + 1.6 * np.exp(-(((fine - MOUTH) / 0.12) ** 2))
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
    # The jaw line rises from the chin to the ears.
    lift = 0.38 * np.clip((-0.35 - y) / 0.8, 0, 1)[:, None] * np.clip(0.75 - z, 0, 1.3)
    return np.stack([x, np.broadcast_to(y[:, None], x.shape) + lift, z], axis=-1), azimuth


SKULL, AZIMUTH = _mean_skull()
CANONICAL: Float32 = SKULL.astype(np.float32)


def mouth_width(shape: Shape) -> float:
    """Return half the width of the mouth, in head units."""
    return 0.25 * (1 + 0.09 * shape.mouth_width)


def nose_width(shape: Shape) -> float:
    """Return the width of the nose relative to the mean."""
    return 1.0 + 0.14 * shape.nose_width


def head_scale(shape: Shape) -> Float64:
    """Return the size of the head along the three axes, relative to the mean."""
    return np.array([1.04 + 0.045 * shape.width, 1 + 0.04 * shape.height, 1 + 0.04 * shape.depth])
