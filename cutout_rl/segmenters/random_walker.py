"""scikit-image's random walker: the scribble that a random walk from each pixel most likely reaches first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import random_walker

from cutout_rl.segmenters.cold_start import ColdSegmenter

_OUTSIDE_SEED, _INSIDE_SEED = 1, 2


@dataclass(frozen=True, kw_only=True)
class RandomWalkerSegmenter(ColdSegmenter):
    """Random walks (Grady, TPAMI 2006), solved directly: the mask depends on no tolerance.

    Attributes:
        beta: penalty for crossing an edge; 0 or more.
    """

    beta: float = 130.0

    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        seeds = np.where(inside, _INSIDE_SEED, np.where(outside, _OUTSIDE_SEED, 0))
        # scikit-image divides by the standard deviation over pixels and channels, which is 0 for a uniform grey image.
        weighted = image if image.std() > 0 else np.broadcast_to(np.array([255, 0, 0], dtype=np.uint8), image.shape)
        mask: NDArray[np.bool_] = random_walker(weighted, seeds, self.beta, mode="bf", channel_axis=-1) == _INSIDE_SEED
        return mask
