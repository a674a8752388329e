"""A custom segmenter: every pixel belongs to the nearest scribble."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from cutout_rl.segmenters import ColdSegmenter


@dataclass(frozen=True, kw_only=True)
class NearestScribble(ColdSegmenter):
    """The nearest scribble by Euclidean distance; the image is ignored."""

    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        return np.asarray(distance_transform_edt(~inside) < distance_transform_edt(~outside))
