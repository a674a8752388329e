"""Reading of many images of a data source."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import numpy as np

from cutout_rl.utils.progress import track
from cutout_rl.utils.threads import map_parallel

T = TypeVar("T")

_CHUNK: Final = 64  # images between two updates of the progress bar


def read_images(read: Callable[[int], T], indices: Iterable[int], description: str) -> list[T]:
    """Read images on all cores, with a progress bar.

    Args:
        read: returns the image of an index, or what is kept of it.
        indices: of the images.
        description: shown beside the bar.

    Returns:
        The images, in order.
    """
    numbers = np.fromiter(indices, np.int64)
    chunks = np.array_split(numbers, len(numbers) // _CHUNK + 1)
    return [image for chunk in track(chunks, description) for image in map_parallel(read, chunk.tolist())]
