"""The IoU of one method on a list of images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Split


@dataclass(frozen=True)
class ImageScores:
    """The scores of one method.

    Attributes:
        label: name of the method in tables.
        split: of the images.
        indices: of the images in the split.
        names: of the images.
        iou: (images, steps + 1) float64 in [0, 1]; the last column is the final IoU.
    """

    label: str
    split: Split
    indices: range
    names: tuple[str, ...]
    iou: NDArray[np.float64]

    @property
    def final(self) -> float:
        """Mean final IoU."""
        return float(self.iou[:, -1].mean())

    def standard_error(self) -> float | None:
        """Return the standard error over the images of the mean final IoU; None for a single image."""
        return float(self.iou[:, -1].std(ddof=1) / np.sqrt(len(self.iou))) if len(self.iou) > 1 else None

    def per_image(self) -> dict[str, NDArray[np.float64]]:
        """Return every measure as (images,) float64."""
        return {"final": self.iou[:, -1]}

    def figures(self) -> dict[str, Any]:
        """Return the JSON-able figures of the method's row in a table."""
        return {
            "player": self.label,
            "split": self.split,
            "first_image": self.indices[0],
            "images": len(self.names),
            "final_iou": self.final,
            "standard_error": self.standard_error(),
        }
