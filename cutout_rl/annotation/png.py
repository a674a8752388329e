"""PNG codecs of masks, objects and scribbles."""

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
# Golden-ratio steps around the hue circle give distinct colours.
_HUE_STEP: Final = 0.381966


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Encode a mask as a grey 8-bit PNG: 255 on the object, 0 elsewhere.

    Args:
        mask: (H, W) bool.
    """
    return _png(Image.fromarray(mask.astype(np.uint8) * _ON))


def decode_mask(data: bytes, shape: Shape) -> NDArray[np.bool_]:
    """Decode a mask from a PNG with 0 on the background and 255 (or 1) on the object.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) bool.

    Raises:
        CutOutError: the file is damaged, of another size, coloured, or contains other levels.
    """
    levels = _levels(data, shape, "mask")
    if not (set(np.unique(levels)) <= {0, 1} or set(np.unique(levels)) <= {0, _ON}):
        raise CutOutError("The PNG mask contains other levels than 0 and 255; save it in black and white.")
    return levels > 0


def encode_indexed(objects: NDArray[np.uint8]) -> bytes:
    """Encode numbered objects as a PNG with a palette of distinct colours.

    Args:
        objects: (H, W) uint8 object numbers, 0 on the background.
    """
    colours = (colorsys.hsv_to_rgb(number * _HUE_STEP % 1, 0.8, 0.9) for number in range(1, 256))
    return _with_palette(objects, [(0, 0, 0), *(tuple(round(255 * level) for level in colour) for colour in colours)])


def decode_indexed(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Decode object numbers from a grey PNG, or from the indices of a palette.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) uint8.

    Raises:
        CutOutError: the file is damaged, of another size, or coloured without a palette.
    """
    return _levels(data, shape, "indexed mask")


def encode_scribbles(labels: NDArray[np.uint8]) -> bytes:
    """Encode scribbles as a PNG with a palette: 0 none, 1 inside (blue), 2 outside (orange).

    Args:
        labels: (H, W) uint8, as in `Game.labels`.
    """
    return _with_palette(labels, [(0, 0, 0), INSIDE_COLOUR, OUTSIDE_COLOUR])


def decode_scribbles(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Decode scribbles from a grey PNG, or from the indices of a palette.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) uint8 of 0 (none), 1 (inside) and 2 (outside).

    Raises:
        CutOutError: the file is damaged, of another size, coloured without a palette, or contains other numbers.
    """
    labels = _levels(data, shape, "scribble image")
    if labels.max() > max(LABELLED_INSIDE, LABELLED_OUTSIDE):
        raise CutOutError(
            "The PNG scribbles contain other numbers than 0 (none), 1 (inside) and 2 (outside); save only these."
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
            # Checked before decompression, because a small file may declare a huge image.
            if image.size != (width, height):
                raise CutOutError(
                    f"The PNG {kind} is {image.width} x {image.height} pixels, but its image is {width} x {height};"
                    " save it at the size of the image."
                )
            if image.mode not in ("1", "L", "P"):
                raise CutOutError(f"The PNG {kind} is neither 8-bit grey nor indexed; save it as one of these.")
            return np.array(image.convert("L") if image.mode == "1" else image, np.uint8)
    except DAMAGE:
        raise CutOutError(f"The PNG {kind} cannot be read; save it again.") from None
