"""Decoding of the page's frames, as the browser does it."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_VALUE_BITS: Final = 3
_LABEL_SHIFT: Final = 1  # bits: the lowest is the mask


def decode_frame(data: bytes) -> tuple[dict[str, Any], NDArray[np.bool_], NDArray[np.uint8]]:
    """Decode what `cutout_rl.web.frame.encode_frame` returned: the facts, the mask and the labels."""
    facts, runs = _decode_facts(data)
    n_detail = (facts.get("detail") or {"runs": 0})["runs"]
    return facts, *_decode_runs(runs[: len(runs) - n_detail], facts)


def decode_detail(data: bytes) -> tuple[list[int], NDArray[np.bool_], NDArray[np.uint8]] | None:
    """Decode the detail of a frame: its left, top, right and bottom in the image, mask and labels; None without one."""
    facts, runs = _decode_facts(data)
    detail = facts.get("detail")
    return None if detail is None else (detail["area"], *_decode_runs(runs[len(runs) - detail["runs"] :], detail))


def _decode_facts(data: bytes) -> tuple[dict[str, Any], NDArray[np.uint32]]:
    end = 4 + int.from_bytes(data[:4], "little")
    return json.loads(data[4:end]), np.frombuffer(data, "<u4", offset=end)


def _decode_runs(runs: NDArray[np.uint32], size: Mapping[str, int]) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    values = np.repeat(runs & (1 << _VALUE_BITS) - 1, runs >> _VALUE_BITS).reshape(size["height"], size["width"])
    return (values & 1) > 0, (values >> _LABEL_SHIFT).astype(np.uint8)
