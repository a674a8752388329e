"""The annotation of one object, and checks of the image names in annotation files."""

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


def require_file_name(name: object) -> str:
    """Check that an image name is a plain file name.

    Raises:
        CutOutError: it contains a folder, is empty or too long, or contains invalid characters.
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
    """Return the height and width of an image that a file names.

    Args:
        name: the name in the file.
        shapes: height and width of every known image.
        what: the file, as the beginning of a sentence.

    Raises:
        CutOutError: the name is not a plain file name, or no such image exists.
    """
    name = require_file_name(name)
    if name not in shapes:
        raise CutOutError(
            f"{what} names the image {shown(name)}, which does not exist here; add it, or remove its entry."
        )
    return shapes[name]


def shown(value: object) -> str:
    """Return the repr of a value for an error message, truncated to 60 characters."""
    text = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
