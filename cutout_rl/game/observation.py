"""Observations of the game."""

from typing import Final, Literal, get_args

import numba
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.area_resize import shrink_mask
from cutout_rl.game.compiled_arguments import Plain, as_state
from cutout_rl.game.game import Game
from cutout_rl.game.strokes import LABELLED_INSIDE, UNLABELLED, pen_tip
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
def draw_observations(
    state: Plain,
    images: NDArray[np.uint8],
    tip: NDArray[np.int64],
    is_overlay: bool,
    observations: NDArray[np.uint8],
    first: int,
    last: int,
) -> None:
    """Draw the games from `first` to `last - 1`.

    Args:
        state: of N games, cut if the observations show the mask.
        images: (N, size, size, 3) uint8, the games' images at the size of the observation.
        tip: (M, 2) int64, the dots at start points and heads; no rows draw none.
        is_overlay: whether the scribbles are drawn on the image, not beside it.
        observations: (N, size, size, channels) uint8, written.
        first: the first game.
        last: one more than the last game.
    """
    games = as_state(state)
    small = observations.shape[1]
    beside = np.empty((small, small, 5), np.uint8)
    for i in range(first, last):
        observation = observations[i]
        layers = (beside if is_overlay else observation)[:, :, 3:5]
        _copy_image(images[i], observation)
        _draw_scribbles(games.labels[i], layers)
        _draw_dots(games.starts[i], START, tip, games.labels.shape[1], layers)
        _draw_dots(games.heads[i], HEAD, tip, games.labels.shape[1], layers)
        if is_overlay:
            _draw_overlay(layers, observation)
        if observation.shape[2] == 6:
            shrink_mask(games.mask[i], observation[:, :, 5])


@numba.njit(cache=True, nogil=True)
def _copy_image(image: NDArray[np.uint8], observation: NDArray[np.uint8]) -> None:
    # 9 us at 128 px, against 129 by NumPy.
    for r in range(image.shape[0]):
        for c in range(image.shape[1]):
            for channel in range(3):
                observation[r, c, channel] = image[r, c, channel]


@numba.njit(cache=True, nogil=True)
def _draw_scribbles(labels: NDArray[np.uint8], layers: NDArray[np.uint8]) -> None:
    size = labels.shape[0]
    small = layers.shape[0]
    for r in range(small):
        for c in range(small):
            layers[r, c, 0] = 0
            layers[r, c, 1] = 0
    # Few pixels are labelled, so that eight are tested at once; the rest of a row always is, one by one.
    for r in range(size):
        row, small_r = labels[r], r * small // size
        eights = row[: size // 8 * 8].view(np.uint64)
        for eight in range(len(eights) + 1):
            if eight == len(eights) or eights[eight]:
                for c in range(8 * eight, min(8 * eight + 8, size)):
                    if row[c] != UNLABELLED:
                        layers[small_r, c * small // size, row[c] - LABELLED_INSIDE] = TRAIL


@numba.njit(cache=True, nogil=True)
def _draw_dots(
    points: NDArray[np.int64], mark: int, tip: NDArray[np.int64], size: int, layers: NDArray[np.uint8]
) -> None:
    small = layers.shape[0]
    for pen in range(2):
        for t in range(tip.shape[0]):
            r = points[pen, 0] + tip[t, 0]
            c = points[pen, 1] + tip[t, 1]
            if 0 <= r < size and 0 <= c < size:
                layers[r * small // size, c * small // size, pen] = mark


@numba.njit(cache=True, nogil=True)
def _draw_overlay(layers: NDArray[np.uint8], observation: NDArray[np.uint8]) -> None:
    for r in range(layers.shape[0]):
        for c in range(layers.shape[1]):
            for pen, colour in enumerate((INSIDE_COLOUR, OUTSIDE_COLOUR)):
                if layers[r, c, pen] > 0:
                    observation[r, c, 0], observation[r, c, 1], observation[r, c, 2] = colour


class Observer:
    """Draws games as uint8 arrays, channel last, (size, size, channels).

    `layers` has five channels: R, G, B, inside scribble, outside scribble; in a scribble layer the trail is 128, the
    dot at the pen's start point 192, the pen's head 255, the rest 0. Only the start points are sure to lie on the
    correct side. `masked` has a sixth channel, 255 inside the newest mask; `dict` is drawn as `masked`, and split by
    `cutout_rl.game.dict_observation`. `trails` is `layers` without start points and heads. `overlay` is the image with
    both scribbles drawn on it, as in the 2017 report: three channels, heads unmarked.

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
        tip = pen_tip(pen_width)
        self._tip = tip[:0] if kind == "trails" else tip
        channels = {"overlay": 3, "masked": 6, "dict": 6}.get(kind, 5)
        self.space = spaces.Box(0, 255, (size, size, channels), np.uint8)

    def observe(self, game: Game) -> NDArray[np.uint8]:
        """Return the observation of a game, a fresh array of the observation space."""
        if self.shows_mask:
            game.segment()
        observations = np.empty((1, *self.space.shape), np.uint8)
        self.draw(game.plain_state, game.sample.shrunk(self.size)[None], observations, 0, 1)
        return np.asarray(observations[0])

    @property
    def shows_mask(self) -> bool:
        """Whether the observation contains the newest mask."""
        return self.kind in ("masked", "dict")

    def draw(
        self, state: Plain, images: NDArray[np.uint8], observations: NDArray[np.uint8], first: int, last: int
    ) -> None:
        """Draw the games from `first` to `last - 1` of a state.

        Args:
            state: of N games as a plain tuple, cut if the observation shows the mask.
            images: (N, size, size, 3) uint8, their images at the size of the observation.
            observations: (N, *space.shape) uint8, written.
            first: the first game.
            last: one more than the last game.
        """
        draw_observations(state, images, self._tip, self.kind == "overlay", observations, first, last)
