"""The spans of the two pens' strokes."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, STOP


def shorter_spans(evaluation: Evaluation, game: GameConfig) -> NDArray[np.float64]:
    """Compute the span of each episode's shorter stroke.

    A pen's span is the longer side of the bounding box of its path, as a share of the image's side, at most 1. The path
    is computed from the actions, without the borders of the image.

    Returns:
        (images,) float64 in [0, 1], the shorter of the two pens' spans.
    """
    moves = np.array([*DIRECTIONS, *DIRECTIONS, (0, 0)]) * game.step_len / game.image_size
    spans = []
    for pen in range(2):
        own = np.where(evaluation.actions // N_DIRECTIONS == pen, evaluation.actions, STOP)
        path = np.pad(moves[own].cumsum(axis=1), ((0, 0), (1, 0), (0, 0)))
        spans.append((path.max(axis=1) - path.min(axis=1)).max(axis=1))
    return np.asarray(np.minimum(np.minimum(*spans), 1.0))
