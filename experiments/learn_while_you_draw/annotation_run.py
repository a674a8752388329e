"""One run: a simulated user annotates images stroke by stroke while the online network trains on them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.annotators import ANNOTATORS, Annotator
from cutout_rl.experiments.simulated_users.regions import Mask
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import TrainingSample
from cutout_rl.web.online.trainer import Trainer

THRESHOLD: Final = 128  # of 255; the network's mask is where it predicts more


class AnnotationRow(NamedTuple):
    """The IoU on one held-out image after some strokes of a run.

    Attributes:
        annotator: the simulated user.
        seed: of the run.
        strokes: number of strokes so far.
        pixels: number of annotated pixels so far, over all images.
        image: name of the held-out image.
        iou: of the network's mask.
    """

    annotator: str
    seed: int
    strokes: int
    pixels: int
    image: str
    iou: float


def run(
    annotator: Annotator,
    seed: int,
    images: Sequence[Sample],
    held_out: Sequence[Sample],
    settings: LearningSettings,
    test_after: Sequence[int],
    steps_per_stroke: int,
    advance: Callable[[], None],
) -> list[AnnotationRow]:
    """Annotate the images in a random order, one stroke each in turn, and train the network after each stroke.

    Args:
        annotator: the simulated user.
        seed: of the weights, the order and the random strokes.
        images: to annotate, at the size of the network's input.
        held_out: to test on.
        settings: of the training.
        test_after: numbers of strokes after which to test, ascending.
        steps_per_stroke: optimizer steps after each stroke.
        advance: called after each stroke.
    """
    rng = np.random.default_rng(seed)
    trainer = Trainer(settings, seed)
    order = rng.permutation(len(images))
    labels = [np.zeros(sample.mask.shape, np.uint8) for sample in images]
    rows: list[AnnotationRow] = []
    for strokes in range(test_after[-1] + 1):
        if strokes in test_after:
            pixels = sum(int(np.count_nonzero(known)) for known in labels)
            for sample in held_out:
                iou = intersection_over_union(trainer.predict(sample.image) >= THRESHOLD, sample.mask, sample.void)
                rows.append(AnnotationRow(annotator, seed, strokes, pixels, sample.name, iou))
        if strokes == test_after[-1]:
            break
        index = order[strokes % len(images)]
        sample = images[index]
        stroke = ANNOTATORS[annotator](sample, trainer.predict(sample.image) >= THRESHOLD, rng)
        if stroke is not None:
            annotate(labels[index], stroke, sample)
            trainer.samples[sample.name] = TrainingSample(sample.image, labels[index])
        for _ in range(steps_per_stroke if trainer.samples else 0):
            trainer.step()
        advance()
    return rows


def annotate(labels: NDArray[np.uint8], stroke: Mask, sample: Sample) -> None:
    """Write the ground truth under a stroke into (H, W) uint8 labels: 0 not annotated, 1 inside, 2 outside."""
    labels[stroke] = np.where(sample.mask[stroke], LABELLED_INSIDE, LABELLED_OUTSIDE)
