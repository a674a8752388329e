"""A custom data source: coloured discs on grey, drawn from a seed."""

import numpy as np

from cutout_rl.data import Sample, Split

SPLITS: tuple[Split, ...] = ("train", "val", "test")
IMAGES = 1000  # per split


class Discs:
    """One split of the discs; `masks` is ignored, because there is one kind."""

    def __init__(self, split: Split, image_size: int, masks: str | None) -> None:
        """Store split and size; images are drawn on access."""
        self._split = SPLITS.index(split)
        self._size = image_size

    def __len__(self) -> int:
        """Return the number of images."""
        return IMAGES

    def __getitem__(self, index: int) -> Sample:
        """Draw an image from a seed of split and index."""
        rng = np.random.default_rng((self._split, index))
        rows, columns = np.ogrid[: self._size, : self._size]
        row, column = rng.uniform(0.3, 0.7, 2) * self._size
        mask = np.hypot(rows - row, columns - column) < rng.uniform(0.1, 0.25) * self._size
        image = np.where(mask[..., None], rng.integers(256, size=3), 128)
        noisy = np.clip(image + rng.normal(scale=10, size=image.shape), 0, 255)
        return Sample(noisy.astype(np.uint8), mask, np.zeros_like(mask), f"disc-{index}")
