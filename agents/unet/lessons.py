"""What the U-Net learns from: labelled images in many versions, in an order that the seed decides."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from cutout_rl.data import DataSource, Sample
from cutout_rl.data.augmented import AugmentedSource
from cutout_rl.utils.threads import map_games

Batch = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]


class Lessons:
    """Batches of versions of labelled images; each image comes once before any comes again."""

    def __init__(self, labelled: Sequence[Sample], versions: int, turn: bool, seed: int) -> None:
        """Prepare batches.

        Args:
            labelled: the images, which stay in memory.
            versions: of each of them (`AugmentedSource`), the first as it is.
            turn: whether to turn each version by quarter turns.
            seed: of the order, the versions and the turns.

        Raises:
            CutOutError: more than one version is asked for and Albumentations is not installed.
        """
        self._n = len(labelled)
        self._versions = versions
        self._source: DataSource = labelled if versions == 1 else AugmentedSource(labelled, versions)
        self._turn = turn
        self._seed = seed

    def batch(self, first: int, size: int) -> Batch:
        """Give lessons `first` to `first + size - 1`, which depend on nothing but their numbers and the seed.

        Returns:
            (size, S, S, 3) uint8 images, (size, S, S) bool masks, and bool where the truth is known.
        """
        samples = map_games(self._lesson, range(first, first + size))
        images, masks, known = (np.stack(parts) for parts in zip(*samples, strict=True))
        return images, masks, known

    def _lesson(self, number: int) -> Batch:
        round_, place = divmod(number, self._n)
        image = int(np.random.default_rng((self._seed, round_)).permutation(self._n)[place])
        rng = np.random.default_rng((self._seed, round_, place))
        sample = self._source[int(rng.integers(self._versions)) * self._n + image]
        turn = partial(np.rot90, k=int(rng.integers(4)) if self._turn else 0)
        return turn(sample.image), turn(sample.mask), turn(~sample.void)


def draw_labelled(source: DataSource, count: int, seed: int) -> list[Sample]:
    """Read `count` images of a source, drawn by the seed; all where there are fewer."""
    chosen = np.random.default_rng(seed).choice(len(source), min(count, len(source)), replace=False)
    chunks = np.array_split(chosen, len(chosen) // 64 + 1)
    progress = track(chunks, "labelled images", transient=True)
    return [sample for chunk in progress for sample in map_games(source.__getitem__, chunk.tolist())]


def class_balance(samples: Sequence[Sample]) -> dict[str, Any]:
    """Tell the balance of classes, JSON-able.

    Returns:
        `images`, `with_object` (how many of them hold one), and `object_share`, the mean share of the known pixels that
        it covers in those.
    """
    shares = [sample.mask[~sample.void].mean() for sample in samples if sample.mask.any()]
    return {
        "images": len(samples),
        "with_object": len(shares),
        "object_share": float(np.mean(shares)) if shares else 0.0,
    }
