"""PNG codecs of masks, objects and scribbles."""

import colorsys
from collections.abc import Iterable
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.decoding import OBJECT, VOID, decode_labels, decode_trimap
from cutout_rl.data.image_files import Shape
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
    """Decode a mask without void, of any kind that `cutout_rl.data.decoding.decode_trimap` reads.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) bool.

    Raises:
        CutOutError: the file is damaged, of another size, coloured, or contains void or other levels.
    """
    trimap = decode_trimap(data, "The mask", shape)
    if (trimap == VOID).any():
        raise CutOutError("The mask contains grey levels, which stand for void; save it in black and white.")
    return np.asarray(trimap == OBJECT)


def encode_indexed(objects: NDArray[np.uint8]) -> bytes:
    """Encode numbered objects as a PNG with a palette of distinct colours.

    Args:
        objects: (H, W) uint8 object numbers, 0 on the background.
    """
    colours = (colorsys.hsv_to_rgb(number * _HUE_STEP % 1, 0.8, 0.9) for number in range(1, 256))
    return _with_palette(objects, [(0, 0, 0), *(tuple(round(255 * level) for level in colour) for colour in colours)])


def decode_indexed(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Decode object numbers from a grey image, or from the indices of a palette.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) uint8.

    Raises:
        CutOutError: the file is damaged, of another size, or coloured without a palette that begins with black.
    """
    return decode_labels(data, "The indexed mask", shape)


def encode_scribbles(labels: NDArray[np.uint8]) -> bytes:
    """Encode scribbles as a PNG with a palette: 0 none, 1 inside (blue), 2 outside (orange).

    Args:
        labels: (H, W) uint8, as in `Game.labels`.
    """
    return _with_palette(labels, [(0, 0, 0), INSIDE_COLOUR, OUTSIDE_COLOUR])


def decode_scribbles(data: bytes, shape: Shape) -> NDArray[np.uint8]:
    """Decode scribbles from a grey image, or from the indices of a palette.

    Args:
        data: the file.
        shape: height and width of its image.

    Returns:
        (H, W) uint8 of 0 (none), 1 (inside) and 2 (outside).

    Raises:
        CutOutError: the file is damaged, of another size, coloured without a palette that begins with black, or
            contains other numbers.
    """
    labels = decode_labels(data, "The scribble image", shape)
    if labels.max() > max(LABELLED_INSIDE, LABELLED_OUTSIDE):
        raise CutOutError(
            "The scribbles contain other numbers than 0 (none), 1 (inside) and 2 (outside); save only these."
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
