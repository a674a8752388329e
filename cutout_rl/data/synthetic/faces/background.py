"""The background of a face: a blurred scene, sometimes with a bystander."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.background_scenes import CANVAS, SCENES, add_bystander, gradient, noise

_PAINTERS = [painter for painter, _ in SCENES]
_WEIGHTS = np.array([weight for _, weight in SCENES])


def draw_background(rng: np.random.Generator, palette: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Draw a (size, size, 3) uint8 RGB background.

    `palette` holds the person's skin, hair and clothing colours, (3, 3) uint8; the scene reuses some of them.
    """
    painter = _PAINTERS[rng.choice(len(_PAINTERS), p=_WEIGHTS / _WEIGHTS.sum())]
    canvas = painter(rng, palette)
    if painter is not gradient and rng.random() < 0.2:
        add_bystander(canvas, rng, palette)
    shadows = 1 + 0.12 * noise(rng, 0) + 0.04 * noise(rng, 2)
    canvas = np.clip(canvas * shadows, 0, 255).astype(np.uint8)
    blur = float(rng.choice([0.4, 0.7, 1.2, 2.2, 4.5], p=[0.25, 0.25, 0.2, 0.2, 0.1]))
    canvas = cv2.GaussianBlur(canvas, (0, 0), blur).astype(np.uint8)
    method = cv2.INTER_AREA if size < CANVAS else cv2.INTER_CUBIC
    return cv2.resize(canvas, (size, size), interpolation=method).astype(np.uint8)
