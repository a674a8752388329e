"""Running an agent on images of any size, without ground truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.annotation.mask_upsampling import upsample_mask
from cutout_rl.data import Sample
from cutout_rl.data.image_files import Shape
from cutout_rl.data.resize import resize_image
from cutout_rl.evaluation.evaluation import play
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game, Point
from cutout_rl.game.rules import STOP
from cutout_rl.game.strokes import LABELLED_INSIDE, resize_labels
from cutout_rl.players.player import Player
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.segmenters.components import touching_components
from cutout_rl.utils.threads import map_parallel


@dataclass(frozen=True)
class AnnotatedImage:
    """The result for one image.

    Attributes:
        start: (row, column) of the inside and the outside pen's start, in the game's square.
        moves: the actions of the episode.
        labels: (H, W) uint8 at the size of the image: 0, 1 inside scribble, 2 outside scribble.
        mask: (H, W) bool at the size of the image.
        estimated_iou: the agent's own estimate of the mask's IoU, in [0, 1]; None if it makes none.
    """

    start: tuple[Point, Point]
    moves: tuple[int, ...]
    labels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    estimated_iou: float | None


class AgentAnnotator:
    """Runs an agent on images of any shape, resized to the game's square.

    The mask is upsampled so that its edge follows the large image. On faces of 512 px the mean IoU is 0.006 higher than
    with plain resizing, and 0.010 higher than with another graph cut at 512 px.

    Attributes:
        game_config: settings of the games that are played.
        size: side of the game's square, in pixels.
    """

    def __init__(self, player: Player, game_config: GameConfig) -> None:
        """Store an agent, which must not need the ground truth, and the settings of its game."""
        # Agents may stop early, as in evaluation. The reward is not used.
        self.game_config = replace(game_config, reward="end", stop_action=True)
        self._player = player
        self._observer = self.game_config.observer()
        self._settings = self.game_config.settings()
        self.size = self._settings.rules.image_size

    def annotate(
        self,
        images: Sequence[Image.Image],
        starts: Sequence[tuple[Point, Point]],
        save: Sequence[Callable[[AnnotatedImage], None]],
        shapes: Sequence[Shape] | None = None,
    ) -> None:
        """Annotate a batch of images.

        Args:
            images: N RGB images; very large ones may be reduced.
            starts: N pairs of (row, column) of the inside and the outside pen's start, in the game's square.
            save: N callbacks for the results; called as soon as an image is finished, on any of several threads.
            shapes: height and width of the whole images, which the results have. Default: those of `images`.
        """
        games = map_parallel(self._begin, images, starts)
        actions, _ = play(self._player, games, self._observer)
        shapes = shapes or [(image.height, image.width) for image in images]
        map_parallel(self._finish, images, games, actions.tolist(), shapes, save)

    def _begin(self, image: Image.Image, start: tuple[Point, Point]) -> Game:
        return Game(unlabelled_sample(image, self.size), start, self._settings)

    def _finish(
        self,
        image: Image.Image,
        game: Game,
        actions: list[int],
        shape: Shape,
        save: Callable[[AnnotatedImage], None],
    ) -> None:
        moves = actions[: actions.index(STOP)] if STOP in actions else actions
        labels = resize_labels(game.labels, (image.height, image.width))
        # Upsampling may create specks that touch no inside scribble.
        mask = touching_components(
            upsample_mask(np.asarray(image), game.sample.image, game.mask), labels == LABELLED_INSIDE
        )
        if mask.shape != shape:
            labels = resize_labels(game.labels, shape)
            whole = cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
            mask = np.asarray(whole, np.uint8).view(np.bool_)
        estimate = estimate_iou(self._player, game) if isinstance(self._player, ScribbleReader) else None
        save(AnnotatedImage(game.starts, tuple(moves), labels, mask, estimate))


def estimate_iou(reader: ScribbleReader, game: Game) -> float:
    """Return what a player expects the IoU of a game's mask to be, by what it saw at the start, in [0, 1]."""
    start = Game(game.sample, game.starts, game.settings)
    log_odds = reader.estimate_object(game.sample.image, start.labels, start.mask)
    return reader.estimate_iou(log_odds, game.mask, len(game.starts))


def unlabelled_sample(image: Image.Image, size: int) -> Sample:
    """Resize an RGB image to the game's square; return a sample that is void everywhere."""
    void = np.ones((size, size), np.bool_)
    return Sample(resize_image(image, size), ~void, void, "")
