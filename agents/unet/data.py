"""The U-Net's training data: labelled images in many versions, in an order that depends on the seed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.training.parallel_reading import read_images
from cutout_rl.agents.training.seeds import Stream, generator
from cutout_rl.data import DataSource, Sample
from cutout_rl.data.augmented import AugmentedSource
from cutout_rl.utils.threads import map_parallel

Batch = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]


class TrainingBatches:
    """Batches of versions of labelled images; every epoch contains each image once."""

    def __init__(self, labelled: Sequence[Sample], versions: int, turn: bool, seed: int) -> None:
        """Prepare the batches.

        Args:
            labelled: the images, which stay in memory.
            versions: number of versions of each image (`AugmentedSource`); the first is the original.
            turn: whether to rotate each version by a random multiple of 90 degrees.
            seed: of the training; it determines the order, the versions and the rotations.

        Raises:
            CutOutError: there is more than one version, and Albumentations is not installed.
        """
        self._n = len(labelled)
        self._versions = versions
        self._source: DataSource = labelled if versions == 1 else AugmentedSource(labelled, versions)
        self._turn = turn
        self._seed = seed

    def batch(self, first: int, size: int) -> Batch:
        """Return examples `first` to `first + size - 1`, which depend on nothing but their numbers and the seed.

        Returns:
            (size, S, S, 3) uint8 images, (size, S, S) bool masks, and (size, S, S) bool, False on void pixels.
        """
        samples = map_parallel(self._example, range(first, first + size))
        images, masks, known = (np.stack(parts) for parts in zip(*samples, strict=True))
        return images, masks, known

    def _example(self, number: int) -> Batch:
        epoch, place = divmod(number, self._n)
        image = int(generator(self._seed, Stream.ORDER, epoch).permutation(self._n)[place])
        rng = generator(self._seed, Stream.VERSIONS, epoch, place)
        sample = self._source[int(rng.integers(self._versions)) * self._n + image]
        rotate = partial(np.rot90, k=int(rng.integers(4)) if self._turn else 0)
        return rotate(sample.image), rotate(sample.mask), rotate(~sample.void)


def draw_labelled(source: DataSource, count: int, seed: int) -> list[Sample]:
    """Read `count` images of a source, drawn by the seed; all of them if it has fewer."""
    draw = generator(seed, Stream.LABELLED_IMAGES)
    chosen = draw.choice(len(source), min(count, len(source)), replace=False)
    return read_images(source.__getitem__, chosen, "reading labelled images")


def class_balance(samples: Sequence[Sample]) -> dict[str, Any]:
    """Compute the balance of classes, JSON-able.

    Returns:
        `images`, the number of images; `with_object`, the number of those that contain an object; and `object_share`,
        the object's mean share of the known pixels in those.
    """
    shares = [sample.mask[~sample.void].mean() for sample in samples if sample.mask.any()]
    return {
        "images": len(samples),
        "with_object": len(shares),
        "object_share": float(np.mean(shares)) if shares else 0.0,
    }
