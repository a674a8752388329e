"""scikit-image's watershed, flooded from the two scribbles."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from cutout_rl.segmenters.cold_start import ColdSegmenter

_OUTSIDE_MARKER, _INSIDE_MARKER = 1, 2


@dataclass(frozen=True, kw_only=True)
class WatershedSegmenter(ColdSegmenter):
    """Marker-controlled watershed (Meyer and Beucher, JVCIR 1990) of the Sobel gradient over all three channels."""

    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        down = cv2.Sobel(image, cv2.CV_32F, 0, 1)
        right = cv2.Sobel(image, cv2.CV_32F, 1, 0)
        # Flooding depends only on the order of heights, so the square root is left out.
        squared_gradient = (down**2 + right**2).sum(axis=2)
        markers = np.where(inside, _INSIDE_MARKER, np.where(outside, _OUTSIDE_MARKER, 0))
        mask: NDArray[np.bool_] = watershed(squared_gradient, markers) == _INSIDE_MARKER  # type: ignore[no-untyped-call]
        return mask
