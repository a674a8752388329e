"""Letting an agent cut images of which nobody knows the truth, at whatever size they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data import Sample
from cutout_rl.data.refine import refine
from cutout_rl.data.resize import resize_image
from cutout_rl.evaluation.evaluation import play
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game, Point
from cutout_rl.game.rules import STOP
from cutout_rl.game.strokes import LABELLED_INSIDE
from cutout_rl.players.player import Player
from cutout_rl.segmenters.components import touching_components
from cutout_rl.utils.threads import map_games


@dataclass(frozen=True)
class CutOut:
    """What an agent did to one image.

    Attributes:
        start: (row, column) of the inside and the outside pen's start, in the game's square.
        moves: that were made.
        labels: (H, W) uint8 at the size of the image, 0, 1 inside scribble, 2 outside scribble.
        mask: (H, W) bool at the size of the image.
    """

    start: tuple[Point, Point]
    moves: tuple[int, ...]
    labels: NDArray[np.uint8]
    mask: NDArray[np.bool_]


class Cutter:
    """Plays the game an agent knows on images of any shape, squeezed into the game's square.

    The mask is then enlarged so that its edge follows the image's: on faces of 512 px the IoU came out 0.006 above that
    of a mask merely enlarged, and 0.010 above that of cutting once more at 512 px.

    Attributes:
        size: side of the game's square, in pixels.
    """

    def __init__(self, player: Player, game_config: GameConfig) -> None:
        """Take an agent, which must not look at the truth, and the game it has learnt."""
        # An agent may leave, as when it is evaluated; the reward is never asked for.
        self._game_config = replace(game_config, reward="end", stop_action=True)
        self._player = player
        self._observer = self._game_config.observer()
        self._rules = self._game_config.rules()
        self.size = self._rules.image_size
        self._segmenter = self._game_config.make_segmenter()

    def cut(
        self,
        images: Sequence[Image.Image],
        starts: Sequence[tuple[Point, Point]],
        keep: Sequence[Callable[[CutOut], None]],
    ) -> None:
        """Play several images side by side.

        Args:
            images: N, RGB.
            starts: N times (row, column) of the inside and the outside pen's start, in the game's square.
            keep: N; each is given what became of its image as soon as that is done, on one of several threads.
        """
        games = map_games(self._begin, images, starts)
        actions, _ = play(self._player, games, self._observer)
        map_games(self._finish, images, games, actions.tolist(), keep)

    def _begin(self, image: Image.Image, start: tuple[Point, Point]) -> Game:
        return Game(unscored_sample(image, self.size), start, self._rules, self._segmenter, self._game_config.reward)

    def _finish(self, image: Image.Image, game: Game, actions: list[int], keep: Callable[[CutOut], None]) -> None:
        moves = actions[: actions.index(STOP)] if STOP in actions else actions
        labels = resize_labels(game.labels, (image.height, image.width))
        # Refining may leave specks, which no stroke vouches for.
        mask = touching_components(refine(np.asarray(image), game.sample.image, game.mask), labels == LABELLED_INSIDE)
        keep(CutOut(game.starts, tuple(moves), labels, mask))


def unscored_sample(image: Image.Image, size: int) -> Sample:
    """Squeeze an RGB image into a game's square; where its object is, nobody knows."""
    unknown = np.ones((size, size), np.bool_)
    return Sample(resize_image(image, size), ~unknown, unknown, "")


def resize_labels(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize scribbles to (H, W); where that shrinks them, no label is lost."""
    height, width = shape
    resized = np.array(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    rows, columns = np.nonzero(labels)
    resized[rows * height // len(labels), columns * width // labels.shape[1]] = labels[rows, columns]
    return resized
