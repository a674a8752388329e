"""Observations as dictionaries, which hold the moves left as well."""

from typing import Any, Final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

Observation = NDArray[np.uint8] | dict[str, NDArray[Any]]

# The channels of a "masked" observation by their names in the dictionary.
_CHANNELS: Final = {"image": slice(0, 3), "scribbles": slice(3, 5), "mask": slice(5, 6)}


def dict_space(masked: spaces.Box) -> spaces.Dict:
    """Return the space of dictionary observations of one game, given that of its "masked" ones."""
    height, width, _ = masked.shape
    images = {
        name: spaces.Box(0, 255, (height, width, part.stop - part.start), np.uint8) for name, part in _CHANNELS.items()
    }
    return spaces.Dict({**images, "moves_left": spaces.Box(0, 1, (1,), np.float32)})


def as_dict(masked: NDArray[np.uint8], moves_left: Any) -> dict[str, NDArray[Any]]:
    """Split a "masked" observation, or a batch of them, into a dictionary of fresh arrays.

    Args:
        masked: (..., size, size, 6) uint8.
        moves_left: (...) shares of the moves left, in [0, 1].
    """
    images: dict[str, NDArray[Any]] = {name: masked[..., part].copy() for name, part in _CHANNELS.items()}
    return {**images, "moves_left": np.asarray(moves_left, np.float32)[..., None]}
