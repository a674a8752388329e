"""Masks, objects and scribbles as PNG."""

import colorsys
from collections.abc import Iterable
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.decoding import DAMAGE
from cutout_rl.data.formats.annotation import Shape
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError

_ON: Final = 255
# The golden section of the circle of hues, so that none of the first dozens look alike.
_HUE_STEP: Final = 0.381966


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Write a mask as a grey 8-bit PNG: 255 on the object, 0 elsewhere.

    Args:
        mask: (H, W) bool.
    """
    return _png(Image.fromarray(mask.astype(np.uint8) * _ON))


def decode_mask(data: bytes, shape: Shape) -> NDArray[np.bool_]:
    """Read a mask from a PNG that holds 0 on the background and 255 (or 1) on the object.

    Args:
        data: the file.
        shape: height and width of the image it belongs to.

    Returns:
        (H, W) bool.

    Raises:
        CutOutError: the file is damaged, of another size, coloured, or holds other levels.
    """
    levels = _levels(data, shape, "mask")
    if not (set(np.unique(levels)) <= {0, 1} or set(np.unique(levels)) <= {0, _ON}):
        raise CutOutError("The PNG mask holds other levels than 0 and 255; save it in black and white.")
    return levels > 0


def encode_indexed(objects: NDArray[np.uint8]) -> bytes:
    """Write several objects as a PNG with a palette, in which each has a colour of its own.

    Args:
        objects: (H, W) uint8, the number of the object that a pixel belongs to, 0 on the background.
    """
    colours = (colorsys.hsv_to_rgb(number * _HUE_STEP % 1, 0.8, 0.9) for number in range(1, 256))
    return _with_palette(objects, [(0, 0, 0), *(tuple(round(255 * level) for level in colour) for colour in colours)])


def decode_indexed(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Read the numbers of the objects from a grey PNG or one with a palette, whose colours do not count.

    Args:
        data: the file.
        shape: height and width of the image it belongs to.

    Returns:
        (H, W) uint8.

    Raises:
        CutOutError: the file is damaged, of another size, or coloured without a palette.
    """
    return _levels(data, shape, "indexed mask")


def encode_scribbles(labels: NDArray[np.uint8]) -> bytes:
    """Write scribbles as a PNG with a palette: 0 where there is none, 1 inside (blue), 2 outside (orange).

    Args:
        labels: (H, W) uint8, as `Game.labels` holds them.
    """
    return _with_palette(labels, [(0, 0, 0), INSIDE_COLOUR, OUTSIDE_COLOUR])


def decode_scribbles(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Read scribbles from a grey PNG or one with a palette, whose colours do not count.

    Args:
        data: the file.
        shape: height and width of the image it belongs to.

    Returns:
        (H, W) uint8 of 0 (none), 1 (inside) and 2 (outside).

    Raises:
        CutOutError: the file is damaged, of another size, coloured without a palette, or holds other numbers.
    """
    labels = _levels(data, shape, "scribbles")
    if labels.max() > max(LABELLED_INSIDE, LABELLED_OUTSIDE):
        raise CutOutError(
            "The PNG scribbles hold other numbers than 0, 1 and 2; save none, inside and outside as these."
        )
    return labels


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _with_palette(indices: NDArray[np.uint8], colours: Iterable[tuple[int, ...]]) -> bytes:
    image = Image.fromarray(indices)
    image.putpalette([level for colour in colours for level in colour])
    return _png(image)


def _levels(data: bytes, shape: Shape, kind: str) -> NDArray[np.uint8]:
    height, width = shape
    try:
        with Image.open(BytesIO(data), formats=("PNG",)) as image:
            # Checked before the pixels are unpacked, which a few bytes may claim to be many.
            if image.size != (width, height):
                raise CutOutError(
                    f"The PNG {kind} is {image.width} x {image.height} pixels, but its image {width} x {height};"
                    " save it at the size of the image."
                )
            if image.mode not in ("1", "L", "P"):
                raise CutOutError(f"The PNG {kind} is neither 8-bit grey nor has it a palette; save it as one of them.")
            return np.array(image.convert("L") if image.mode == "1" else image, np.uint8)
    except DAMAGE:
        raise CutOutError(f"The PNG {kind} cannot be read; save it again.") from None
