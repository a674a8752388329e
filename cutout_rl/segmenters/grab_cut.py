"""OpenCV's GrabCut."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.cold_start import ColdSegmenter


@dataclass(frozen=True, kw_only=True)
class GrabCutSegmenter(ColdSegmenter):
    """GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004); unlabelled pixels start as probable background.

    Attributes:
        iterations: number of times the mixtures are refitted and the image is cut, 1 or more.
    """

    iterations: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError if `iterations` is below 1."""
        if self.iterations < 1:
            raise ValueError(f"iterations is {self.iterations}; it must be 1 or more")

    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        sides = np.full(inside.shape, cv2.GC_PR_BGD, dtype=np.uint8)
        sides[outside] = cv2.GC_BGD
        sides[inside] = cv2.GC_FGD
        mixtures = np.zeros((1, 65)), np.zeros((1, 65))
        # k-means draws its initial centres from OpenCV's global generator.
        cv2.setRNGSeed(0)
        cv2.grabCut(image, sides, (0, 0, 0, 0), *mixtures, self.iterations, cv2.GC_INIT_WITH_MASK)
        mask: NDArray[np.bool_] = (sides == cv2.GC_FGD) | (sides == cv2.GC_PR_FGD)
        return mask
