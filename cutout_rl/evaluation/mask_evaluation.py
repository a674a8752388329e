"""Scoring masks that a network predicts without drawing strokes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import GAMES_AT_ONCE
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.evaluation.presence import presence_figures
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.players.predictor import Predictor
from cutout_rl.utils.threads import map_parallel


@dataclass(frozen=True)
class MaskEvaluation(ImageScores):
    """The scores of one predictor.

    Attributes:
        iou: (images, 1) float64 in [0, 1]; 1 where both masks are empty.
        presence: (images, 2) bool, whether the ground truth and whether the predicted mask contain an object.
    """

    presence: NDArray[np.bool_]

    @property
    def has_empty_images(self) -> bool:
        """Whether some of the images contain no object."""
        return not bool(self.presence[:, 0].all())

    def figures(self) -> dict[str, Any]:
        """Return the JSON-able figures of the predictor's row in a table."""
        return {**super().figures(), "sees_truth": False, "presence": presence_figures(self.presence)}


def evaluate_masks(predictor: Predictor, factory: GameFactory, images: range) -> MaskEvaluation:
    """Predict masks of some images of the factory's split and score them.

    Args:
        predictor: the predictor; it gets the images alone, without start points.
        factory: holds the images that players are evaluated on.
        images: their indices, at least one (`held_out_images`).
    """
    names: list[str] = []
    iou, presence = np.empty((len(images), 1)), np.empty((len(images), 2), np.bool_)
    for first in range(0, len(images), GAMES_AT_ONCE):
        samples = map_parallel(factory.source.__getitem__, images[first : first + GAMES_AT_ONCE])
        masks = predictor.predict(np.stack([sample.image for sample in samples]))
        for row, (sample, mask) in enumerate(zip(samples, masks, strict=True), start=first):
            iou[row] = intersection_over_union(mask, sample.mask, sample.void)
            presence[row] = sample.mask.any(), mask.any()
        names += [sample.name for sample in samples]
    return MaskEvaluation(predictor.label, factory.game_config.split, images, tuple(names), iou, presence)
