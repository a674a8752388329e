"""The annotation of one object."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.image_names import require_file_name

OBJECT: Final = "object"


@dataclass(frozen=True, eq=False)
class Annotation:
    """The mask of one object in an image.

    Attributes:
        image: file name of the image, without folders.
        mask: (H, W) bool, True on the object, at the size of the image turned upright.
        category: the object's class.

    Raises:
        CutOutError: `image` is not a plain file name.
    """

    image: str
    mask: NDArray[np.bool_]
    category: str = OBJECT

    def __post_init__(self) -> None:
        """Check that the image name cannot lead out of a folder."""
        require_file_name(self.image)
