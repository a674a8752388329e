"""Observations of the game."""

from typing import Final, Literal, get_args

import cv2
import numba
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED, pen_tip
from cutout_rl.utils.errors import CutOutError

ObservationKind = Literal["layers", "masked", "dict", "trails", "overlay"]
OBSERVATION_KINDS: Final[tuple[str, ...]] = get_args(ObservationKind)

TRAIL: Final = 128
START: Final = 192
HEAD: Final = 255
# Blue and orange stay apart for every common colour blindness.
INSIDE_COLOUR: Final = (0, 114, 255)
OUTSIDE_COLOUR: Final = (255, 140, 0)
MIN_OBSERVATION_SIZE: Final = 16


@numba.njit(cache=True, nogil=True)
def _copy_image(image: NDArray[np.uint8], observation: NDArray[np.uint8]) -> None:
    # 9 us at 128 px, against 129 by NumPy.
    for r in range(image.shape[0]):
        for c in range(image.shape[1]):
            for channel in range(3):
                observation[r, c, channel] = image[r, c, channel]


@numba.njit(cache=True, nogil=True)
def _draw_scribbles(
    labels: NDArray[np.uint8], dots: NDArray[np.int64], tip: NDArray[np.int64], layers: NDArray[np.uint8]
) -> None:
    size = labels.shape[0]
    small = layers.shape[0]
    if small == size:
        for r in range(size):
            for c in range(size):
                layers[r, c, 0] = TRAIL if labels[r, c] == LABELLED_INSIDE else 0
                layers[r, c, 1] = TRAIL if labels[r, c] == LABELLED_OUTSIDE else 0
    else:
        layers[:] = 0
        for r in range(size):
            small_r = r * small // size
            for c in range(size):
                if labels[r, c] != UNLABELLED:
                    layers[small_r, c * small // size, labels[r, c] - LABELLED_INSIDE] = TRAIL
    for kind in range(2):
        for pen in range(2):
            for t in range(tip.shape[0]):
                r = dots[kind, pen, 0] + tip[t, 0]
                c = dots[kind, pen, 1] + tip[t, 1]
                if 0 <= r < size and 0 <= c < size:
                    layers[r * small // size, c * small // size, pen] = HEAD if kind == 1 else START


class Observer:
    """Draws games as uint8 arrays, channel last, (size, size, channels).

    `layers` has five channels: R, G, B, inside scribble, outside scribble; in a scribble layer the trail is 128, the
    dot at the pen's start point 192, the pen's head 255, the rest 0. Only the start points are sure to lie on the
    correct side. `masked` has a sixth channel, 255 inside the newest mask; `dict` is drawn as `masked`, and split by
    `cutout_rl.game.dict_observation`. `trails` is `layers` without start points
    and heads. `overlay` is the image with both scribbles drawn on it, as in the 2017 report: three channels, heads
    unmarked.

    If the size is below the image's, image and mask are shrunk by area averaging. A pixel of a scribble layer is marked
    if any pixel under it is, so that thin strokes stay visible. The cut stays at full size.
    """

    def __init__(self, kind: ObservationKind, size: int, image_size: int, pen_width: int) -> None:
        """Create an observer.

        Raises:
            CutOutError: the size is not in [16, image_size].
        """
        if not MIN_OBSERVATION_SIZE <= size <= image_size:
            raise CutOutError(
                f"observation_size is {size}, but must be between {MIN_OBSERVATION_SIZE} and image_size ({image_size})."
            )
        self.kind = kind
        self.size = size
        self._tip = pen_tip(pen_width)
        channels = {"overlay": 3, "masked": 6, "dict": 6}.get(kind, 5)
        self.space = spaces.Box(0, 255, (size, size, channels), np.uint8)

    def observe(self, game: Game) -> NDArray[np.uint8]:
        """Return the observation of a game, a fresh array of the observation space."""
        observation = np.empty(self.space.shape, np.uint8)
        self.draw(game, observation)
        return observation

    def draw(self, game: Game, observation: NDArray[np.uint8]) -> None:
        """Write the observation of a game into an array of the observation space."""
        _copy_image(self._shrink(game.sample.image), observation)
        if self.kind in ("masked", "dict"):
            observation[..., 5] = self._shrink(game.mask.astype(np.uint8) * 255)
        dots = np.array((game.starts, game.heads), np.int64)
        if self.kind != "overlay":
            tip = self._tip[:0] if self.kind == "trails" else self._tip
            _draw_scribbles(game.labels, dots, tip, observation[..., 3:5])
        else:
            layers = np.empty((self.size, self.size, 2), np.uint8)
            _draw_scribbles(game.labels, dots, self._tip, layers)
            observation[layers[..., 0] > 0] = INSIDE_COLOUR
            observation[layers[..., 1] > 0] = OUTSIDE_COLOUR

    def _shrink(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.size == len(picture):
            return picture
        return np.asarray(cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA), np.uint8)
