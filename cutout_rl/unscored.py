"""Letting an agent cut images of which nobody knows the truth, at whatever size they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.evaluation import play
from cutout_rl.game.game import Game, Point
from cutout_rl.game.rules import STOP
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.images import Sample
from cutout_rl.images.resize import resize_image
from cutout_rl.page.refine import refine
from cutout_rl.parallel import map_games
from cutout_rl.player import Player
from cutout_rl.segmenters import Segmenter
from cutout_rl.settings import Settings

WORKING_SIZE: Final = 512  # px of the longer side that is cut at; larger images are refined afterwards


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

    The strokes are then carried over to the image, which is cut once more at up to 512 pixels a side, and the mask's
    edge is refined at full size.

    Attributes:
        size: side of the game's square, in pixels.
    """

    def __init__(self, player: Player, settings: Settings) -> None:
        """Take an agent, which must not look at the truth, and the game it has learnt."""
        # An agent may leave, as when it is evaluated; the reward is never asked for.
        self._settings = replace(settings, reward="end", stop_action=True)
        self._player = player
        self._observer = self._settings.observer()
        self._rules = self._settings.rules()
        self.size = self._rules.image_size
        self._segmenter = self._settings.make_segmenter()

    def cut(self, images: Sequence[Image.Image], starts: Sequence[tuple[Point, Point]]) -> list[CutOut]:
        """Play several images side by side.

        Args:
            images: N, RGB.
            starts: N times (row, column) of the inside and the outside pen's start, in the game's square.
        """
        games = map_games(self._begin, images, starts)
        actions, _ = play(self._player, games, self._observer)
        return map_games(self._finish, images, games, actions.tolist())

    def _begin(self, image: Image.Image, start: tuple[Point, Point]) -> Game:
        unknown = np.ones((self.size, self.size), np.bool_)
        sample = Sample(resize_image(image, self.size), ~unknown, unknown, "")
        return Game(sample, start, self._rules, self._segmenter, self._settings.reward)

    def _finish(self, image: Image.Image, game: Game, actions: list[int]) -> CutOut:
        moves = actions[: actions.index(STOP)] if STOP in actions else actions
        labels = enlarge_labels(game.labels, (image.height, image.width))
        return CutOut(game.starts, tuple(moves), labels, full_mask(image, game.labels, self._segmenter))


def enlarge_labels(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize scribbles to (H, W); where that shrinks them, no label is lost."""
    height, width = shape
    resized = np.array(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    rows, columns = np.nonzero(labels)
    resized[rows * height // len(labels), columns * width // labels.shape[1]] = labels[rows, columns]
    return resized


def full_mask(image: Image.Image, labels: NDArray[np.uint8], segmenter: Segmenter) -> NDArray[np.bool_]:
    """Cut an image by scribbles that were drawn on a square of it.

    Args:
        image: W x H, RGB.
        labels: (S, S) uint8 of 0, 1 inside and 2 outside, for the whole image squeezed into a square.
        segmenter: what cuts.

    Returns:
        (H, W) bool.
    """
    scale = min(1.0, WORKING_SIZE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = np.array(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    scribbles = enlarge_labels(labels, small.shape[:2])
    mask = segmenter.segment(small, scribbles == LABELLED_INSIDE, scribbles == LABELLED_OUTSIDE)
    return mask if size == image.size else refine(np.asarray(image), small, mask)
