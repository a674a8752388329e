"""The run-length encoding of COCO: exact, and small for any mask."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.annotation import Shape

_BITS = 5  # of a count in each character
_SIGN, _MORE = 16, 32
_ZERO = ord("0")
_MAX_CHARACTERS = 8  # of one count; 40 bits are more than any image has pixels


def run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """Count the pixels that are alike, down each column and then the next; the first count is of background.

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
    """Draw the mask that `run_lengths` counted.

    Args:
        counts: of background and object in turn.
        shape: height and width.

    Returns:
        (H, W) bool.

    Raises:
        ValueError: a count is negative, or they do not sum to H * W.
    """
    height, width = shape
    if any(count < 0 for count in counts) or sum(counts) != height * width:
        raise ValueError(f"the run lengths do not fill {width} x {height} pixels")
    colours = np.arange(len(counts)) % 2 == 1
    return np.ascontiguousarray(np.repeat(colours, counts).reshape(width, height).T)


def to_text(counts: Sequence[int]) -> str:
    """Write counts as COCO does: from the fourth on as differences to the last but one, 5 bits to a character."""
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
    """Read what `to_text` wrote.

    Raises:
        ValueError: the text is not of that kind.
    """
    counts: list[int] = []
    value, n = 0, 0
    for character in text:
        bits = ord(character) - _ZERO
        if not 0 <= bits < 2 * _MORE or n == _MAX_CHARACTERS:
            raise ValueError("the run lengths are no text of COCO's kind")
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
