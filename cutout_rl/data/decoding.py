"""Decoding of image files to RGB, and of mask files to trimaps or label maps."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageOps

from cutout_rl.utils.errors import CutOutError

BACKGROUND, VOID, OBJECT = 0, 128, 255

# Published datasets need PPM (part labels of LFW) and GIF (some files of Oxford-IIIT Pet).
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "PPM", "GIF")
_MAX_PIXELS = 178_956_970  # Pillow's limit; its warning at half of it is suppressed
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap height and width
_SIXTEEN_BIT_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
# Levels further than this from 0, 128 and 255 are more than JPEG noise.
_NOISE = 32
_MAX_SOFT_SHARE = 0.1


def read_image(path: Path) -> Image.Image:
    """Read an image as 8-bit RGB, turned upright by its EXIF data, with transparency composited over white.

    Raises:
        CutOutError: the file is damaged, too large or not PNG, JPEG, WebP or BMP.
    """
    image = _read(path)
    if image.mode in _SIXTEEN_BIT_MODES:
        image = _eight_bit(image)
    elif "A" in image.getbands() or "transparency" in image.info:
        canvas = Image.new("RGBA", image.size, "white")
        canvas.alpha_composite(image.convert("RGBA"))
        image = canvas
    return image.convert("RGB")


def read_size(path: Path) -> tuple[int, int]:
    """Return the height and width of an image turned upright, from its header only.

    Raises:
        CutOutError: the file is damaged, too large or not PNG, JPEG, WebP or BMP.
    """
    with _opened(path) as image:
        sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in _SIDEWAYS
        return (image.width, image.height) if sideways else (image.height, image.width)


def read_trimap(path: Path) -> NDArray[np.uint8]:
    """Read a mask: grey, RGB without colours, or palette; a palette with colours is read by its indices.

    If all pixels have one colour and the transparency varies, the alpha channel is the mask: the object is opaque.

    Masks of 0 and 1, with or without 128, are read as they are. In all others each level is rounded to the nearest of
    0, 128 and 255, which removes JPEG noise and makes soft edges void.

    Returns:
        (H, W) uint8 of BACKGROUND, VOID and OBJECT.

    Raises:
        CutOutError: the file cannot be read, or its levels are not those of a mask (class numbers, a photograph).
    """
    levels = _grey_levels(_read(path), path)
    counts = np.array(levels.histogram())
    present = set(np.flatnonzero(counts).tolist())
    if present <= {0, 1, 128}:
        return np.array(levels.point([OBJECT if level == 1 else level for level in range(256)]))
    anchors = np.array([BACKGROUND, VOID, OBJECT])
    distances = np.abs(np.arange(256)[:, None] - anchors)
    nearest = anchors[distances.argmin(axis=1)].tolist()
    soft_share = counts[distances.min(axis=1) > _NOISE].sum() / counts.sum()
    void_by_255 = {1, 255} <= present <= {0, 1, 128, 255}
    if void_by_255 or soft_share > _MAX_SOFT_SHARE or not any(nearest[level] for level in present):
        raise CutOutError(
            f"{path} holds levels other than 0 and 255, or 0 and 1, with 128 for void; "
            "save it with 0 on the background and 255 on the object."
        )
    return np.array(levels.point(nearest))


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Read a label map of classes or objects: grey, or palette indices.

    Returns:
        (H, W) uint8.

    Raises:
        CutOutError: the file cannot be read, has colours but no palette, or holds numbers above 255.
    """
    image = _read(path)
    if image.mode == "P":
        return np.array(image, np.uint8)
    if image.mode in _SIXTEEN_BIT_MODES and np.asarray(image).max(initial=0) > 255:
        raise CutOutError(f"{path} holds numbers above 255; save the numbers of classes or objects in 8 bits.")
    if image.mode == "1":
        return np.array(image, np.uint8)
    return np.array(_grey_levels(image, path), np.uint8)


def _read(path: Path) -> Image.Image:
    with _opened(path) as image:
        return ImageOps.exif_transpose(image)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=_FORMATS) as image:
            yield image
    except Image.DecompressionBombError:
        raise CutOutError(
            f"{path} has more than {_MAX_PIXELS // 10**6} million pixels; make it smaller, or remove it."
        ) from None
    except DAMAGE as error:
        raise CutOutError(
            f"{path} cannot be read as an image; save it again as PNG, JPEG, WebP or BMP, or remove it."
        ) from error


def _is_flat(image: Image.Image) -> bool:
    extrema: Any = image.getextrema()
    return all(low == high for low, high in (extrema if isinstance(extrema[0], tuple) else (extrema,)))


def _eight_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _grey_levels(mask: Image.Image, path: Path) -> Image.Image:
    if mask.mode in _SIXTEEN_BIT_MODES:
        values = np.asarray(mask)
        return Image.fromarray(values.astype(np.uint8)) if values.max() <= 255 else _eight_bit(mask)
    if mask.mode in ("1", "L"):
        return mask.convert("L")
    if "A" in mask.getbands() and _is_flat(mask.convert("RGB")) and not _is_flat(mask.getchannel("A")):
        return mask.getchannel("A")
    colours = mask.convert("RGB")
    differences = (ImageChops.difference(*pair).histogram() for pair in combinations(colours.split(), 2))
    if not any(any(histogram[_NOISE + 1 :]) for histogram in differences):
        return colours.convert("L")
    if mask.mode == "P":
        return Image.fromarray(np.asarray(mask))
    raise CutOutError(
        f"{path} is coloured; save it grey, with 0 on the background, 255 on the object and 128 for void."
    )
