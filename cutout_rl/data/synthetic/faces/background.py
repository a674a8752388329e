"""The background of a face: a blurred scene, sometimes with a bystander."""

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.background_scenes import CANVAS, SCENES, add_bystander, gradient, noise
from cutout_rl.data.synthetic.faces.sampling import cumulative, pick

_PAINTERS = [painter for painter, _ in SCENES]
_PROBABILITIES = cumulative(np.array([weight for _, weight in SCENES]))
_BLURS, _BLUR_PROBABILITIES = (0.4, 0.7, 1.2, 2.2, 4.5), cumulative(np.array([0.25, 0.25, 0.2, 0.2, 0.1]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cast_shadows(canvas: UInt8, soft: Float32, rough: Float32) -> None:
    """Brighten and darken an (S, S, 3) canvas by two (S, S, 1) noises, in place."""
    low, high, one = np.float32(0), np.float32(255), np.float32(1)
    for y in range(canvas.shape[0]):
        for x in range(canvas.shape[1]):
            shadow = one + np.float32(0.12) * soft[y, x, 0] + np.float32(0.04) * rough[y, x, 0]
            for k in range(3):
                canvas[y, x, k] = np.uint8(min(max(np.float32(canvas[y, x, k]) * shadow, low), high))


def draw_background(rng: np.random.Generator, palette: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Draw a (size, size, 3) uint8 RGB background.

    `palette` holds the person's skin, hair and clothing colours, (3, 3) uint8; the scene reuses some of them.
    """
    painter = _PAINTERS[pick(rng, _PROBABILITIES)]
    canvas = painter(rng, palette)
    if painter is not gradient and rng.random() < 0.2:
        add_bystander(canvas, rng, palette)
    _cast_shadows(canvas, noise(rng, 0), noise(rng, 2))
    canvas = cv2.GaussianBlur(canvas, (0, 0), _BLURS[pick(rng, _BLUR_PROBABILITIES)]).astype(np.uint8, copy=False)
    method = cv2.INTER_AREA if size < CANVAS else cv2.INTER_CUBIC
    return cv2.resize(canvas, (size, size), interpolation=method).astype(np.uint8, copy=False)
