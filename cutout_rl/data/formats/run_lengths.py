"""The run-length encoding (RLE) of COCO."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.image_files import MAX_PIXELS, Shape

_BITS = 5  # bits of a count per character
_SIGN, _MORE = 16, 32
_ZERO = ord("0")
_MAX_CHARACTERS = 8  # per count; 40 bits are enough for any image


def run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """Return the lengths of the runs of equal pixels in column-major order, beginning with background.

    Args:
        mask: (H, W) bool.

    Returns:
        The counts, which sum to H * W; only the first may be 0.
    """
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    counts: list[int] = np.diff(changes, prepend=0, append=pixels.size).tolist()
    return [0, *counts] if pixels[0] else counts


def mask_of(counts: Sequence[int], shape: Shape) -> NDArray[np.bool_]:
    """Decode the result of `run_lengths`.

    Args:
        counts: lengths of the runs, background and object in turn.
        shape: height and width.

    Returns:
        (H, W) bool.

    Raises:
        ValueError: a count is negative, or the counts do not sum to H * W.
    """
    height, width = shape
    if height * width > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are too many")
    if any(count < 0 for count in counts) or sum(counts) != height * width:
        raise ValueError(f"the run lengths do not fill {width} x {height} pixels")
    colours = np.arange(len(counts)) % 2 == 1
    return np.ascontiguousarray(np.repeat(colours, counts).reshape(width, height).T)


def to_text(counts: Sequence[int]) -> str:
    """Encode counts as COCO text: differences to the count before the last from the fourth on, 5 bits per character."""
    characters = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = value & (2**_BITS - 1)
            value >>= _BITS
            more = value != (-1 if bits & _SIGN else 0)
            characters.append(chr(_ZERO + bits + more * _MORE))
    return "".join(characters)


def from_text(text: str) -> list[int]:
    """Decode the result of `to_text`.

    Raises:
        ValueError: the text is not a COCO run-length string.
    """
    counts: list[int] = []
    value, n = 0, 0
    for character in text:
        bits = ord(character) - _ZERO
        if not 0 <= bits < 2 * _MORE or n == _MAX_CHARACTERS:
            raise ValueError("the run lengths are not COCO text")
        value |= (bits & (_MORE - 1)) << n * _BITS
        n += 1
        if not bits & _MORE:
            if bits & _SIGN:
                value -= 1 << n * _BITS
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value, n = 0, 0
    if n:
        raise ValueError("the run lengths end in the middle of a count")
    return counts
