"""What a predictor is: anything that answers an image with a mask at once, without strokes or a game."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Predictor(Protocol):
    """Looks at images alone: at no start points, no scribbles and no truth.

    Attributes:
        label: what tables call it.
    """

    label: str

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Answer (N, size, size, 3) uint8 RGB images with (N, size, size) bool masks, True on the object.

        A mask without a pixel says that there is no object in the image.
        """
        ...
