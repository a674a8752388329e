"""Images of 16 bits per channel, reduced to 8."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.image_files import File, orientation_of, turn_upright
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.warn_once import warn_once

SIXTEEN_BIT_MODES: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_DEPTHS: Final = (8, 10, 12, 14, 16)


def eight_bit(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Reduce levels to 8 bits; levels that use fewer bits than 16, as cameras and scanners store them, are stretched.

    Args:
        values: numbers in 0 to 65535, in any shape.
        name: the file; a warning says when levels are stretched.

    Raises:
        CutOutError: the levels are not whole numbers in 0 to 65535.
    """
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 65535) or (values % 1).any():
        raise CutOutError(f"{name} has levels that are not whole numbers from 0 to 65535; save it in 8 bits.")
    bits = next(depth for depth in _DEPTHS if values.max() < 2**depth)
    if bits < _DEPTHS[-1] and values.any():
        warn_once(f"{name} holds levels of {bits} bits in 16; they are stretched so that {2**bits - 1} is white.")
    top = 2**bits - 1
    return np.asarray((values.astype(np.uint32) * 255 + top // 2) // top, np.uint8)


def deep_pixels(image: Image.Image, file: File) -> NDArray[np.uint16] | None:
    """Decode a file with several channels of 16 bits, of which Pillow would keep the upper 8; None for other files.

    Args:
        image: the opened file, not decoded yet.
        file: the same file.

    Returns:
        (H, W, C) uint16 with C of 3 (RGB) or 4 (RGBA), turned upright.
    """
    if image.mode in SIXTEEN_BIT_MODES or not any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())):
        return None
    data = np.frombuffer(file, np.uint8) if isinstance(file, bytes) else np.fromfile(file, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        return None
    colours = np.asarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]], np.uint16)
    # OpenCV has turned TIFF upright already.
    return colours if image.format == "TIFF" else turn_upright(colours, orientation_of(image))


def reduced_depth(pixels: NDArray[np.uint16], name: str) -> Image.Image:
    """Convert the result of `deep_pixels` to an 8-bit image; the alpha channel always has 16 bits."""
    colours = eight_bit(pixels[..., :3], name)
    if pixels.shape[2] == 3:
        return Image.fromarray(colours)
    alpha = (pixels[..., 3:].astype(np.uint32) + 128) // 257
    return Image.fromarray(np.concatenate([colours, alpha.astype(np.uint8)], axis=2))
