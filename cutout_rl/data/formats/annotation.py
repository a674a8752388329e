"""What an annotation is, and which names of images are taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError

Shape = tuple[int, int]  # height, width

OBJECT: Final = "object"
_MAX_NAME = 255
_MAX_SHOWN = 60


@dataclass(frozen=True, eq=False)
class Annotation:
    """One object that was cut out of an image.

    Attributes:
        image: file name of the image, without folders.
        mask: (H, W) bool, True on the object, at the size of the image turned upright.
        category: what the object is.

    Raises:
        CutOutError: the name of the image is no file name.
    """

    image: str
    mask: NDArray[np.bool_]
    category: str = OBJECT

    def __post_init__(self) -> None:
        """Refuse names that could lead out of a folder."""
        require_file_name(self.image)


def require_file_name(name: object) -> str:
    """Check that an image goes by a plain file name.

    Raises:
        CutOutError: it does not; it has a folder in it, is empty, or holds what no file name may.
    """
    if (
        not isinstance(name, str)
        or not 0 < len(name) <= _MAX_NAME
        or name in (".", "..")
        or not name.isprintable()
        or any(separator in name for separator in "/\\")
    ):
        raise CutOutError(f"{shown(name)} is no file name of an image; name images without their folders.")
    return name


def require_image(name: object, shapes: Mapping[str, Shape], what: str) -> Shape:
    """Give the height and the width of an image that a file names.

    Args:
        name: what the file calls it.
        shapes: of the images that are here.
        what: the file, as the beginning of a sentence.

    Raises:
        CutOutError: the name is no file name, or no such image is here.
    """
    name = require_file_name(name)
    if name not in shapes:
        raise CutOutError(f"{what} names the image {shown(name)}, which is not here; add it, or take its entry out.")
    return shapes[name]


def shown(value: object) -> str:
    """Write a value of a file into one line of a sentence, cut short where it is long."""
    text = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
