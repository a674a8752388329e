"""From sRGB to linear light, in which light adds up."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float64


def linear(srgb: NDArray[np.generic]) -> Float64:
    """Turn sRGB in [0, 255], any shape, into linear light in [0, 1]."""
    value = np.asarray(srgb, dtype=np.float64) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
