"""What a file source lists: the objects to read, and those left out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import read_class_trimap, read_trimap
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import LeftOut
from cutout_rl.data.pairing import Pair


@dataclass(frozen=True)
class Entry:
    """One object in one image file.

    Attributes:
        name: unique within the source.
        image: the image file.
        mask_name: the mask in error messages: its file, or the file and the object in it.
        read_mask: reads the (H, W) uint8 trimap, at the size of the upright image, or, if the image is turned by its
            EXIF data, of the stored one; picklable.
        mask_shape: height and width of the mask, or its file; None if neither is known before reading it.
    """

    name: str
    image: Path
    mask_name: str
    read_mask: Callable[[], NDArray[np.uint8]]
    mask_shape: Shape | Path | None = None


Found = Entry | LeftOut | str
"""An object, one that is left out, or a sentence on a bad one."""


def entry_of_pair(pair: Pair | str, masks_class: int | None = None) -> Entry | str:
    """Create the entry of an image and a mask file; return an error message unchanged.

    Args:
        pair: the pair or an error message.
        masks_class: the class that is the object, if the mask is a label map.
    """
    if isinstance(pair, str):
        return pair
    read = (
        partial(read_trimap, pair.mask) if masks_class is None else partial(read_class_trimap, pair.mask, masks_class)
    )
    return Entry(pair.name, pair.image, str(pair.mask), read, pair.mask)
