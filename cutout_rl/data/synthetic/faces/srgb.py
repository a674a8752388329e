"""Conversion of sRGB to linear light."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float64


def srgb_to_linear(srgb: NDArray[np.generic]) -> Float64:
    """Convert sRGB in [0, 255], of any shape, to linear light in [0, 1]."""
    value = np.asarray(srgb, dtype=np.float64) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
