"""The binary message that shows the page's newest state: facts, scribbles and mask."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LABEL_SHIFT: Final = 1  # bits: the lowest is the mask
_VALUE_BITS: Final = 3


def encode_frame(
    facts: Mapping[str, Any],
    mask: NDArray[np.bool_],
    labels: NDArray[np.uint8],
    detail: tuple[NDArray[np.bool_], NDArray[np.uint8]] | None = None,
) -> bytes:
    """Encode facts, mask and labels as one binary message.

    | bytes, little-endian | content |
    |---|---|
    | uint32 | length of the facts in bytes |
    | UTF-8 JSON, padded with spaces to a multiple of 4 | the facts |
    | a uint32 per run along the rows | 8 * length + 2 * label (0, 1 inside, 2 outside) + mask (0 or 1) |
    | the same for the detail, if there is one | its runs are the last `facts["detail"]["runs"]` ones |

    A 512 x 512 mask takes some kilobytes.

    Args:
        facts: JSON-able; "width" and "height" are added.
        mask: (h, w) bool.
        labels: (h, w) uint8 of 0, 1 and 2.
        detail: mask and labels of a part at another resolution; `facts["detail"]` has its place, and gets its "width",
            "height" and "runs".
    """
    facts = {**facts, "width": mask.shape[1], "height": mask.shape[0]}
    runs = [_frame_runs(mask, labels)]
    if detail is not None:
        runs.append(_frame_runs(*detail))
        height, width = detail[0].shape
        facts["detail"] = {**facts["detail"], "width": width, "height": height, "runs": len(runs[1])}
    text = json.dumps(facts).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([len(text).to_bytes(4, "little"), text, *(part.tobytes() for part in runs)])


def encode_runs(places: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Encode (h, w) uint8 numbers as runs along the rows, 256 * length + number."""
    return _runs(places, 8)


def _frame_runs(mask: NDArray[np.bool_], labels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    values = np.asarray(mask.view(np.uint8) | (labels << LABEL_SHIFT), np.uint8)
    return _runs(values, _VALUE_BITS).astype("<u4")


def _runs(values: NDArray[np.uint8], bits: int) -> NDArray[np.int64]:
    flat = values.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(starts, append=flat.size)
    return np.asarray(lengths << bits | flat[starts], np.int64)
