"""Decoding of image files to RGB, and of mask files to trimaps or label maps."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cutout_rl.data.bit_depth import SIXTEEN_BIT_MODES, deep_pixels, eight_bit, reduced_depth
from cutout_rl.data.image_files import (
    DAMAGE,
    File,
    Shape,
    opened,
    picture_count,
    read_header,
    turn_upright,
    upright_shape,
)
from cutout_rl.data.mask_levels import (
    MOST_NOISE,
    Levels,
    class_trimap,
    levels_of,
    noise_of,
    require_numbers,
    trimap_of_levels,
)
from cutout_rl.data.trimap_kinds import BACKGROUND, OBJECT, VOID
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.warn_once import warn_once

__all__ = [
    "BACKGROUND",
    "DAMAGE",
    "OBJECT",
    "VOID",
    "decode_labels",
    "decode_levels",
    "decode_trimap",
    "read_class_trimap",
    "read_image",
    "read_labels",
    "read_noisy_trimap",
    "read_reduced_image",
    "read_size",
    "read_trimap",
    "turn_upright",
]


def read_image(path: Path) -> Image.Image:
    """Read an image as 8-bit RGB, turned upright by its EXIF data, with transparency composited over white.

    16 bits that hold fewer, such as the 12 of a camera, are stretched, with a warning. Of several pictures in a file
    the first is read.

    Raises:
        CutOutError: the file is damaged, too large or of another format, or its levels cannot be shown.
    """
    name = str(path)
    with opened(path, name) as image:
        if (count := picture_count(image)) > 1:
            warn_once(f"{name} holds {count} pictures, of which the first is read.")
        deep = deep_pixels(image, path)
        if deep is None:
            ImageOps.exif_transpose(image, in_place=True)  # a copy would take as much memory again
            image.load()
    return _to_rgb(image if deep is None else reduced_depth(deep, name), name)


def read_reduced_image(path: Path, most_pixels: int) -> tuple[Image.Image, Shape]:
    """Read an image as `read_image` does, reduced by a whole factor if it has more than `most_pixels`.

    Returns:
        The image, and the height and width of the whole one, turned upright.

    Raises:
        CutOutError: see `read_image`.
    """
    shape = read_size(path)
    factor = math.ceil(math.sqrt(shape[0] * shape[1] / most_pixels))
    if factor <= 1:
        return read_image(path), shape
    name = str(path)
    with opened(path, name) as image:
        deep = deep_pixels(image, path)
        if deep is None:
            # JPEG is decoded at an eighth, a quarter or half of its size, if that is enough.
            image.draft(None, (image.width // factor, image.height // factor))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
    whole = _to_rgb(image if deep is None else reduced_depth(deep, name), name)
    left = math.ceil(math.sqrt(whole.width * whole.height / most_pixels))
    return (whole.reduce(left) if left > 1 else whole), shape


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode in SIXTEEN_BIT_MODES:
        return Image.fromarray(eight_bit(np.asarray(image), name)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        canvas = Image.new("RGBA", image.size, "white")
        canvas.alpha_composite(image.convert("RGBA"))
        return canvas.convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def read_size(path: Path) -> Shape:
    """Return the height and width of an image turned upright, from its header only.

    Raises:
        CutOutError: the file is damaged, too large or of another format.
    """
    return upright_shape(*read_header(path))


def read_trimap(path: Path) -> NDArray[np.uint8]:
    """Read a mask: grey, RGB without colours, palette or alpha channel; see `decode_trimap`."""
    return decode_trimap(path, str(path))


def read_noisy_trimap(path: Path) -> NDArray[np.uint8]:
    """Read a mask as `read_trimap` does, but round the levels of lossless files too.

    It is for published masks, which are known to number no classes, but of which some have passed through JPEG.
    """
    return trimap_of_levels(replace(decode_levels(path, str(path)), noise=MOST_NOISE), str(path))


def decode_trimap(file: File, name: str, shape: Shape | None = None) -> NDArray[np.uint8]:
    """Decode a mask file to a trimap. All masks are read by this function: of folders, imports and edited masks.

    0 is background, 255 (or 1) is object, 128 is void. In lossy files each level is rounded to the nearest of the
    three. In lossless files soft edges, in many levels, become void. A palette without colours counts by its colours,
    another by its indices. If all pixels have one colour and the transparency varies, the alpha channel is the mask:
    the object is opaque.

    Args:
        file: the file, or its content.
        name: the file in error messages.
        shape: height and width that the file must have; it is checked before pixels are decoded.

    Returns:
        (H, W) uint8 of BACKGROUND, VOID and OBJECT, turned upright.

    Raises:
        CutOutError: the file cannot be read, or its levels are not those of a mask (class numbers, a photograph).
    """
    return trimap_of_levels(decode_levels(file, name, shape), name)


def read_class_trimap(path: Path, number: int) -> NDArray[np.uint8]:
    """Read one class of a label map, grey or palette indices, as the object; 255 (65535 in 16 bits) is void.

    Raises:
        CutOutError: the file cannot be read, or is no label map.
    """
    return class_trimap(decode_levels(path, str(path), indices=True), number, str(path))


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Read a label map of classes or objects: grey, or palette indices.

    Returns:
        (H, W) uint8.

    Raises:
        CutOutError: the file cannot be read, has colours but no palette, or holds numbers above 255.
    """
    return _labels_of(decode_levels(path, str(path), indices=True), str(path))


def decode_labels(file: File, name: str, shape: Shape) -> NDArray[np.uint8]:
    """Decode a label map of that height and width in which 0 is the background; see `read_labels`.

    Raises:
        CutOutError: the file cannot be read, is of another size, compressed with loss or coloured without a palette,
            holds numbers above 255, or its palette does not begin with black.
    """
    levels = decode_levels(file, name, shape, indices=True)
    require_numbers(levels, name)
    return _labels_of(levels, name)


def _labels_of(levels: Levels, name: str) -> NDArray[np.uint8]:
    if levels.values.max(initial=0) > 255:
        raise CutOutError(f"{name} holds numbers above 255; save the numbers of classes or objects in 8 bits.")
    return levels.values.astype(np.uint8)


def decode_levels(file: File, name: str, shape: Shape | None = None, indices: bool = False) -> Levels:
    """Decode the grey levels of a mask file, or with `indices` its palette indices, turned upright.

    Raises:
        CutOutError: the file cannot be read, is of another size than `shape`, coloured, or holds several pictures.
    """
    with opened(file, name) as image:
        # Checked before decompression, because a small file may declare a huge image.
        if shape is not None and sorted(image.size) != sorted(shape):
            raise CutOutError(_other_size(name, (image.height, image.width), shape))
        if (count := picture_count(image)) > 1:
            raise CutOutError(f"{name} holds {count} pictures; save one mask in a file.")
        noise = noise_of(image, file)
        deep = deep_pixels(image, file)
        if deep is None:
            ImageOps.exif_transpose(image, in_place=True)
            image.load()
    levels = levels_of(image if deep is None else deep, name, noise, indices)
    if shape is not None and levels.values.shape != shape:
        raise CutOutError(_other_size(name, (levels.values.shape[0], levels.values.shape[1]), shape))
    return levels


def _other_size(name: str, found: Shape, expected: Shape) -> str:
    return (
        f"{name} is {found[1]} x {found[0]} pixels, but its image is {expected[1]} x {expected[0]};"
        " save it at the size of the image."
    )
