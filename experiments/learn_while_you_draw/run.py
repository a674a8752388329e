"""One person annotating, one network learning, and how good it becomes on images that the person never saw."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from cutout_rl.data import Sample
from cutout_rl.experiments.learn_while_you_draw.annotators import DRAW, Annotator, label
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import Lesson
from cutout_rl.web.online.trainer import Trainer

HALF: Final = 128  # of 255: above, the network takes a pixel for the object


class Point(NamedTuple):
    """How things stand after some strokes.

    Attributes:
        strokes: drawn so far.
        pixels: annotated so far, over all images.
        iou: on each held-out image.
    """

    strokes: int
    pixels: int
    iou: list[float]


def run(
    annotator: Annotator,
    seed: int,
    images: Sequence[Sample],
    held_out: Sequence[Sample],
    settings: LearningSettings,
    looks: Sequence[int],
    steps_per_stroke: int,
    advance: Callable[[], None],
) -> list[Point]:
    """Go through the images in a random order again and again, a stroke each, and learn a little after each stroke.

    Args:
        annotator: who draws.
        seed: of the weights, the order, and what is drawn at random.
        images: to annotate, as small as the network sees them.
        held_out: to test on.
        settings: to learn by.
        looks: after how many strokes to test, in ascending order.
        steps_per_stroke: of the optimizer.
        advance: called after each stroke.
    """
    rng = np.random.default_rng(seed)
    trainer = Trainer(settings, seed)
    order = rng.permutation(len(images))
    labels = [np.zeros(sample.mask.shape, np.uint8) for sample in images]
    points = []
    for drawn in range(looks[-1] + 1):
        if drawn in looks:
            iou = [
                intersection_over_union(trainer.guess(sample.image) >= HALF, sample.mask, sample.void)
                for sample in held_out
            ]
            points.append(Point(drawn, sum(int(np.count_nonzero(known)) for known in labels), iou))
        if drawn == looks[-1]:
            break
        index = order[drawn % len(images)]
        sample = images[index]
        stroke = DRAW[annotator](sample, trainer.guess(sample.image) >= HALF, rng)
        if stroke is not None:
            label(labels[index], stroke, sample)
            trainer.lessons[sample.name] = Lesson(sample.image, labels[index])
        for _ in range(steps_per_stroke if trainer.lessons else 0):
            trainer.step()
        advance()
    return points
