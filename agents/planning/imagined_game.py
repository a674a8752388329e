"""A game in which a belief takes the place of the ground truth."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.game import Game


def imagine(game: Game, mask: NDArray[np.bool_]) -> Game:
    """Return a game in the same state whose object is the believed mask, (H, W) bool; its IoU is that with the belief.

    The image, the strokes and the cut are those of the game; its ground truth is not read.
    """
    sample = Sample(game.sample.image, mask, np.zeros_like(mask), game.sample.name)
    settings = replace(game.settings, reward="iou")
    return Game.from_labels(sample, settings, game.labels, game.starts, (game.heads[0], game.heads[1]), game.step_count)
