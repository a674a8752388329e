"""What the grey levels of a mask file mean: object, background and void, or numbers of classes."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from cutout_rl.data.bit_depth import SIXTEEN_BIT_MODES
from cutout_rl.data.image_files import File
from cutout_rl.data.mask_noise import has_soft_edges, without_noise
from cutout_rl.data.trimap_kinds import BACKGROUND, OBJECT, VOID
from cutout_rl.utils.errors import CutOutError

_OTHER_LOSSY: Final = ("WEBP", "AVIF", "HEIF")
MOST_NOISE: Final = 2
_NEARLY_WHITE: Final = 224  # alone beside black, it is the object
_NOISE: Final = 32  # largest difference of the channels of a grey pixel in lossy files
_SHOWN_LEVELS: Final = 6
_WIDE: Final = 65535
_BLACK: Final = (0, 0, 0)


@dataclass(frozen=True)
class Levels:
    """The decoded pixels of a mask file.

    Attributes:
        values: (H, W) uint8 or uint16.
        noise: None in lossless files; in others, by how much areas of one level may differ: 0 in JPEG, 2 in WebP.
        is_numbered: False if they are indices of a palette that the file may have renumbered: index 0 is not black, or
            all colours are grey, but of other levels.
    """

    values: NDArray[Any]
    noise: int | None
    is_numbered: bool = True

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """The pixels of each level, as (256,) or (65536,) int64."""
        n_levels = 256 if self.values.dtype == np.uint8 else _WIDE + 1
        counts = cv2.calcHist([np.ascontiguousarray(self.values)], [0], None, [n_levels], [0, n_levels]).ravel()
        return counts.astype(np.int64)

    def lookup(self, kinds: dict[int, int], default: int = BACKGROUND) -> NDArray[np.uint8]:
        """Replace each level by its kind."""
        table = np.full(len(self.counts), default, np.uint8)
        for level, kind in kinds.items():
            if level < len(table):
                table[level] = kind
        return np.asarray(table[self.values], np.uint8)


def trimap_of_levels(levels: Levels, name: str) -> NDArray[np.uint8]:
    """Convert levels to a trimap; see `cutout_rl.data.decoding.decode_trimap`.

    Raises:
        CutOutError: they are not those of a mask.
    """
    present = set(np.flatnonzero(levels.counts).tolist())
    if present <= {0, 1, 128}:
        return levels.lookup({1: OBJECT, 128: VOID})
    wide = max(present) > 255
    exact = {0: BACKGROUND, **({_WIDE: OBJECT, 128 * 257: VOID, 2**15: VOID} if wide else {255: OBJECT, 128: VOID})}
    if present <= exact.keys():
        return levels.lookup(exact)
    if present <= {0, max(present)} and max(present) >= _NEARLY_WHITE:
        return levels.lookup({max(present): OBJECT})
    if levels.noise is not None:
        cleaned = without_noise(levels.values, levels.counts, levels.noise)
        if cleaned is not None:
            return cleaned
    elif {0, max(exact)} <= present and has_soft_edges(levels.values, levels.counts, set(exact)):
        return levels.lookup(exact, default=VOID)
    shown = ", ".join(map(str, sorted(present)[:_SHOWN_LEVELS])) + ", ..." * (len(present) > _SHOWN_LEVELS)
    raise CutOutError(
        f"{name} holds levels other than 0 and 255, or 0 and 1, with 128 for void ({shown}); if they number classes,"
        " choose one with --masks-class, else save it with 0 on the background and 255 on the object."
    )


def class_trimap(levels: Levels, number: int, name: str) -> NDArray[np.uint8]:
    """Convert a label map to a trimap with one class as the object.

    Args:
        levels: numbers of classes; 255 is void, and in files of 16 bits 65535 too.
        number: the class.
        name: the file in error messages.

    Raises:
        CutOutError: the file is lossy, or its palette was renumbered, so that its numbers are lost.
    """
    require_numbers(levels, name)
    return levels.lookup({255: VOID, _WIDE: VOID, number: OBJECT})


def require_numbers(levels: Levels, name: str) -> None:
    """Check that levels are reliable as numbers of classes or objects.

    Raises:
        CutOutError: the file is lossy, or its palette was renumbered.
    """
    if levels.noise is not None:
        raise CutOutError(f"{name} is compressed with loss, so its numbers are unreliable; save it as PNG.")
    if not levels.is_numbered:
        raise CutOutError(
            f"{name} has a palette that does not begin with black for the background, or that renumbers grey levels;"
            " save it grey."
        )


def levels_of(mask: Image.Image | NDArray[np.uint16], name: str, noise: int | None, indices: bool) -> Levels:
    """Return the grey levels of a decoded mask, or with `indices` the indices of a palette.

    Args:
        mask: the image, or (H, W, C) uint16 RGB or RGBA.
        name: the file in error messages.
        noise: as in `Levels`.
        indices: count palette indices, whatever the colours of the palette.

    Raises:
        CutOutError: the mask is coloured, or its transparency contradicts its colours.
    """
    if not isinstance(mask, Image.Image):
        return Levels(_deep_levels(mask, name), noise)
    if mask.mode in SIXTEEN_BIT_MODES:
        values = np.asarray(mask)
        if values.min(initial=0) < 0 or values.max(initial=0) > _WIDE or (values % 1).any():
            raise CutOutError(f"{name} holds levels that are not whole numbers from 0 to 65535; save it in 8 bits.")
        return Levels(values.astype(np.uint16), noise)
    if mask.mode == "1":
        # As numbers of objects the two levels are 0 and 1.
        return Levels(np.asarray(mask).astype(np.uint8) * (1 if indices else OBJECT), noise)
    if mask.mode == "P" and indices:
        return Levels(np.asarray(mask), noise, _is_numbered(_colours_of(mask)))
    if mask.mode == "P" and "transparency" not in mask.info:
        return Levels(_palette_levels(mask, name), noise)
    if mask.mode != "L" and ("A" in mask.getbands() or "transparency" in mask.info):
        return Levels(_transparent_levels(mask.convert("RGBA"), name, noise), noise)
    return Levels(np.asarray(_grey(mask, name, noise)), noise)


def noise_of(image: Image.Image, file: File) -> int | None:
    """Return the `noise` of an opened file, as in `Levels`."""
    if image.format == "WEBP" and b"VP8L" in (file[:64] if isinstance(file, bytes) else _start_of(file)):
        return None
    if image.format in _OTHER_LOSSY or image.info.get("compression") == "webp":
        return MOST_NOISE
    return 0 if image.format in ("JPEG", "MPO") or "jpeg" in str(image.info.get("compression")) else None


def _start_of(file: Any) -> bytes:
    with file.open("rb") as stream:
        return bytes(stream.read(64))


def _grey(mask: Image.Image, name: str, noise: int | None) -> Image.Image:
    if mask.mode == "L":
        return mask
    colours = mask.convert("RGB")
    tolerance = 0 if noise is None else _NOISE
    differences = (ImageChops.difference(*pair).histogram() for pair in combinations(colours.split(), 2))
    if any(any(histogram[tolerance + 1 :]) for histogram in differences):
        raise CutOutError(
            f"{name} is coloured; save it grey, with 0 on the background, 255 on the object and 128 for void."
        )
    return colours.getchannel(0) if noise is None else colours.convert("L")


def _palette_levels(mask: Image.Image, name: str) -> NDArray[np.uint8]:
    """Return the greys of a palette without colours, else the indices, of which 0 must be the background."""
    colour_of = _colours_of(mask)
    if all(red == green == blue for red, green, blue in colour_of.values()):
        return np.asarray(mask.convert("RGB").getchannel(0))
    if len(colour_of) == 2 and _BLACK in colour_of.values():
        black = next(index for index, colour in colour_of.items() if colour == _BLACK)
        return np.where(np.asarray(mask) == black, BACKGROUND, OBJECT).astype(np.uint8)
    if not all(_is_background(*each) for each in colour_of.items()):
        raise CutOutError(
            f"{name} has a coloured palette that does not begin with black, so its background is unknown;"
            " save it grey, with 0 on the background and 255 on the object."
        )
    return np.asarray(mask)


def _colours_of(mask: Image.Image) -> dict[int, tuple[int, int, int]]:
    """Return the colours of the palette indices that a mask uses."""
    used = np.flatnonzero(np.array(mask.histogram()))
    table = Image.fromarray(used.astype(np.uint8)[None])
    table.putpalette(mask.palette or [])
    colours = np.asarray(table.convert("RGB"))[0].tolist()
    return {int(index): (red, green, blue) for index, (red, green, blue) in zip(used, colours, strict=True)}


def _is_numbered(colours: dict[int, tuple[int, int, int]]) -> bool:
    if all(red == green == blue for red, green, blue in colours.values()):
        return all(colour[0] == index for index, colour in colours.items())
    return all(_is_background(*each) for each in colours.items())


def _is_background(index: int, colour: tuple[int, int, int]) -> bool:
    """Return whether index and colour agree on whether this is the background: index 0 and black."""
    return (index == 0) == (colour == _BLACK)


def _transparent_levels(mask: Image.Image, name: str, noise: int | None) -> NDArray[np.uint8]:
    """Return the alpha channel if all pixels have one colour, else the grey levels."""
    alpha = np.asarray(mask.getchannel("A"))
    if alpha.min() == alpha.max():
        return np.asarray(_grey(mask, name, noise))
    if all(low == high for low, high in mask.convert("RGB").getextrema()):  # type: ignore[misc]
        return alpha
    grey = np.asarray(_grey(mask, name, noise))
    if grey[alpha == 0].any() or (grey == 0)[alpha > 0].any():
        raise CutOutError(
            f"{name} has transparency that contradicts its colours; save it grey and opaque, with 0 on the background"
            " and 255 on the object."
        )
    return np.asarray(np.minimum(grey, alpha), np.uint8)


def _deep_levels(mask: NDArray[np.uint16], name: str) -> NDArray[np.uint16]:
    grey = mask[..., 0]
    if (mask[..., :3] != grey[..., None]).any() or (mask.shape[2] == 4 and (mask[..., 3] != _WIDE).any()):
        raise CutOutError(
            f"{name} is coloured or transparent; save it grey, with 0 on the background and 255 on the object."
        )
    return grey
