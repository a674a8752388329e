"""The interface of predictors, which map images to masks without drawing strokes."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Predictor(Protocol):
    """Maps images to masks, without start points, scribbles or ground truth.

    Attributes:
        label: name in tables.
    """

    label: str

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Predict (N, size, size) bool masks, True on the object, for (N, size, size, 3) uint8 RGB images.

        An empty mask means that the image contains no object.
        """
        ...
