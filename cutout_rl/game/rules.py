"""The rules of the game that do not depend on the image."""

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Range

N_DIRECTIONS: Final = 8
# (row, column) of one pixel step: N, NE, E, SE, S, SW, W, NW.
DIRECTIONS: Final[NDArray[np.int64]] = np.array(
    [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)], dtype=np.int64
)
DIRECTION_NAMES: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
PENS: Final = ("inside", "outside")
N_MOVES: Final = len(PENS) * N_DIRECTIONS
STOP: Final = N_MOVES

MIN_IMAGE_SIZE: Final = 16
MAX_IMAGE_SIZE: Final = 4096
MAX_STEP_COUNT: Final = 100_000
ImageSide = Annotated[int, Range(MIN_IMAGE_SIZE, MAX_IMAGE_SIZE)]


@dataclass(frozen=True)
class Rules:
    """The lengths and counts of the game.

    Attributes:
        image_size: side of the square image, in pixels; in [16, 4096].
        step_len: pixels a head moves along the axis or diagonal, in [1, image_size - 1].
        step_count: steps in an episode, in [1, 100000].
        pen_width: width of every stroke, in pixels, in [1, image_size / 4].
        stop_action: whether action 16 exists, which ends the episode.

    Raises:
        CutOutError: a value does not fit.
    """

    image_size: int
    step_len: int
    step_count: int
    pen_width: int
    stop_action: bool

    def __post_init__(self) -> None:
        """Check the values."""
        if self.image_size < MIN_IMAGE_SIZE:
            raise CutOutError(f"image_size is {self.image_size}, but must be at least {MIN_IMAGE_SIZE} pixels.")
        if self.image_size > MAX_IMAGE_SIZE:
            raise CutOutError(f"image_size is {self.image_size}, but must be at most {MAX_IMAGE_SIZE} pixels.")
        if not 1 <= self.step_len < self.image_size:
            raise CutOutError(
                f"step_len is {self.step_len}, but a step must be between 1 and {self.image_size - 1} pixels long"
                f" to fit an image of {self.image_size} pixels."
            )
        if self.step_count < 1:
            raise CutOutError(f"step_count is {self.step_count}, but an episode needs at least 1 step.")
        if self.step_count > MAX_STEP_COUNT:
            raise CutOutError(f"step_count is {self.step_count}, but an episode has at most {MAX_STEP_COUNT:,} steps.")
        if not 1 <= self.pen_width <= self.image_size // 4:
            raise CutOutError(
                f"pen_width is {self.pen_width}, but must be between 1 and {self.image_size // 4} pixels,"
                " a quarter of the image."
            )

    @property
    def n_actions(self) -> int:
        """Number of actions: 16, or 17 with the stop action."""
        return N_MOVES + int(self.stop_action)
