"""Opening of image files: which formats are read, and one sentence for every file that cannot be."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import require_regular_file

File = Path | bytes
"""An image file on disk, or its content."""
Shape = tuple[int, int]  # height, width

SUFFIXES: Final = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".avif", ".heic", ".heif", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""File name suffixes of images, in lower case."""
FORMATS_READ: Final = "PNG, JPEG, WebP, BMP, TIFF or GIF"
# A format that the installed Pillow lacks is left out.
_FORMATS: Final = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "PPM", "GIF", "TIFF", "AVIF", "HEIF")
_OPTIONAL: Final = {".avif": "AVIF", ".heic": "HEIF", ".heif": "HEIF"}
_HEIF_PACKAGES: Final = ("pi_heif", "pillow_heif")
_MODES: Final = (
    *("1", "L", "P", "RGB", "RGBA", "RGBX", "LA", "PA", "CMYK", "YCbCr", "HSV"),
    *("I", "F", "I;16", "I;16B", "I;16L", "I;16N"),
)
_MAX_BYTES: Final = 2 * 2**30  # of a file: 178 megapixels of 8 bytes take 1.3 GiB
MAX_PIXELS: Final = 178_956_970  # Pillow's limit; its warning at half of it is suppressed
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
_SIDEWAYS: Final = (5, 6, 7, 8)  # EXIF orientations that swap height and width
_UPRIGHT: Final = 1
# For each EXIF orientation, whether to flip left and right, and how many quarter turns to make then.
_TURNS: Final = {
    **{1: (False, 0), 2: (True, 0), 3: (False, 2), 4: (True, 2)},
    **{5: (True, 1), 6: (False, 3), 7: (True, 3), 8: (False, 1)},
}
_EXIF_KEYS: Final = ("raw profile type", "xml:com.adobe.xmp", "xmp")
# What Pillow's decoders raise on damaged files.
DAMAGE: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError),
    *(LookupError, TypeError, AttributeError, ArithmeticError, NotImplementedError, RuntimeError),
)


@contextmanager
def opened(file: File, name: str) -> Iterator[Image.Image]:
    """Open an image file of a supported format; nothing is decoded yet.

    Raises:
        CutOutError: the file, or what the block decodes from it, is missing, damaged, too large or of another format.
    """
    try:
        if isinstance(file, Path):
            require_image_file(file, name)
        # By its name, Pillow would map a TIFF file into memory, and garble one that its EXIF data turns.
        with (
            BytesIO(file) if isinstance(file, bytes) else file.open("rb") as stream,
            Image.open(stream, formats=_readable_formats()) as image,
        ):
            if image.mode not in _MODES:
                raise CutOutError(f"{name} has the colours {image.mode}, which are not read; save it in RGB or grey.")
            yield image
    except Image.DecompressionBombError:
        raise CutOutError(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels; make it smaller, or remove it."
        ) from None
    except PermissionError:
        raise CutOutError(f"{name} cannot be read (permission denied); change its permissions, or remove it.") from None
    except DAMAGE as error:
        remedy = _remedy(file) or f"save it again as {FORMATS_READ}, or remove it"
        raise CutOutError(f"{name} cannot be read as an image; {remedy}.") from error


def require_image_file(path: Path, name: str) -> None:
    """Check that a file is a regular one, and not far larger than an image can be.

    Raises:
        CutOutError: it is not.
        OSError: there is no such file.
    """
    require_regular_file(path, name, _MAX_BYTES, "remove it")


def read_header(path: Path) -> tuple[Shape, int]:
    """Return the stored height and width of an image and its EXIF orientation, 1 to 8, without decoding it.

    Raises:
        CutOutError: the file cannot be opened; see `opened`.
    """
    with opened(path, str(path)) as image:
        stored = (image.height, image.width)
        if isinstance(image, TiffImagePlugin.TiffImageFile):  # whose size Pillow states upright
            stored = (int(image.tag_v2[TiffImagePlugin.IMAGELENGTH]), int(image.tag_v2[TiffImagePlugin.IMAGEWIDTH]))
        return stored, orientation_of(image)


def upright_shape(stored: Shape, orientation: int) -> Shape:
    """Return the height and width of an image turned upright."""
    return (stored[1], stored[0]) if orientation in _SIDEWAYS else stored


def turn_upright(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn an (H, W, ...) array from the stored frame of an image with that EXIF orientation into the upright one."""
    flipped, quarters = _TURNS[orientation]
    return np.ascontiguousarray(np.rot90(np.fliplr(array) if flipped else array, quarters))


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation of an opened image, 1 to 8; 1 if there is none."""
    # For PNG, Pillow decodes all pixels to find EXIF data behind them.
    if image.format == "PNG" and "exif" not in image.info and not _may_have_exif(image):
        return _UPRIGHT
    orientation = image.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    return orientation if orientation in range(1, 9) else _UPRIGHT


def picture_count(image: Image.Image) -> int:
    """Return the number of pictures in an opened file; the previews in photographs of phones do not count."""
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))


def is_readable(suffix: str) -> bool:
    """Return whether images with this suffix, in lower case, can be read here; it depends on how Pillow was built."""
    needed = _OPTIONAL.get(suffix)
    return needed is None or needed in _readable_formats()


@cache
def _readable_formats() -> tuple[str, ...]:
    Image.init()
    package = next(filter(find_spec, _HEIF_PACKAGES), None)
    if package is not None:
        import_module(package).register_heif_opener()
    return tuple(kind for kind in _FORMATS if kind in Image.OPEN)


def _remedy(file: File) -> str | None:
    if isinstance(file, bytes) or is_readable(file.suffix.lower()):
        return None
    return unreadable_remedy(file.suffix)


def unreadable_remedy(suffix: str) -> str:
    """Return what to do about files with a suffix that cannot be read here."""
    if suffix.lower() in (".heic", ".heif"):
        return "install pi-heif, or save it as JPEG"
    return f"save it as {FORMATS_READ}"


def _may_have_exif(image: Image.Image) -> bool:
    """Return whether a PNG file without an EXIF chunk before its pixels may have EXIF data elsewhere."""
    if any(str(key).lower().startswith(_EXIF_KEYS) for key in image.info):
        return True
    stream = image.fp
    if stream is None:
        return True
    position = stream.tell()
    try:
        stream.seek(8)
        behind = False
        while len(header := stream.read(8)) == 8:
            length, kind = struct.unpack(">I4s", header)
            behind = behind or kind == b"IDAT"
            if behind and kind in (b"eXIf", b"zTXt", b"tEXt", b"iTXt"):
                return True
            stream.seek(length + 4, 1)  # the body and its checksum
        return False
    finally:
        stream.seek(position)
