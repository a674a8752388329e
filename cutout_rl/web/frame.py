"""What the page is sent after every change: a few facts, and scribbles and mask as run lengths."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LABEL_SHIFT: Final = 1  # bits: the lowest is the mask
_VALUE_BITS: Final = 3


def encode_frame(facts: Mapping[str, Any], mask: NDArray[np.bool_], labels: NDArray[np.uint8]) -> bytes:
    """Write facts, scribbles and mask into one binary message.

    Little-endian: the facts' length in bytes as uint32, the facts as UTF-8 JSON padded with spaces to a multiple of 4,
    then a uint32 for every run along the rows: its length times 8, plus the mask (0 or 1), plus twice the label (0, 1
    inside, 2 outside). A 512 x 512 mask takes some kilobytes.

    Args:
        facts: JSON-able; "width" and "height" are added.
        mask: (h, w) bool.
        labels: (h, w) uint8 of 0, 1 and 2.
    """
    height, width = mask.shape
    text = json.dumps({**facts, "width": width, "height": height}).encode()
    text += b" " * (-len(text) % 4)
    values = (mask.view(np.uint8) | (labels << LABEL_SHIFT)).ravel()
    starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
    lengths = np.diff(starts, append=values.size)
    runs = (lengths << _VALUE_BITS | values[starts]).astype("<u4")
    return b"".join([len(text).to_bytes(4, "little"), text, runs.tobytes()])


def decode_frame(data: bytes) -> tuple[dict[str, Any], NDArray[np.bool_], NDArray[np.uint8]]:
    """Read what `encode_frame` wrote: the facts, the mask, and the labels."""
    end = 4 + int.from_bytes(data[:4], "little")
    facts: dict[str, Any] = json.loads(data[4:end])
    runs = np.frombuffer(data, "<u4", offset=end)
    values = np.repeat(runs & (1 << _VALUE_BITS) - 1, runs >> _VALUE_BITS).reshape(facts["height"], facts["width"])
    return facts, (values & 1) > 0, (values >> LABEL_SHIFT).astype(np.uint8)
