"""A data source of one's own: coloured discs on grey, drawn from a seed."""

import numpy as np

from cutout_rl.data import Sample, Split

SPLITS: tuple[Split, ...] = ("train", "val", "test")
IMAGES = 1000  # in each split


class Discs:
    """Discs; `masks` has nothing to choose from here."""

    def __init__(self, split: Split, image_size: int, masks: str | None) -> None:
        """Nothing is drawn yet, so opening it again in another process costs nothing."""
        self._split = SPLITS.index(split)
        self._size = image_size

    def __len__(self) -> int:
        """Count the images."""
        return IMAGES

    def __getitem__(self, index: int) -> Sample:
        """Draw an image; the same index gives the same one, and no two splits share a seed."""
        rng = np.random.default_rng((self._split, index))
        rows, columns = np.ogrid[: self._size, : self._size]
        row, column = rng.uniform(0.3, 0.7, 2) * self._size
        mask = np.hypot(rows - row, columns - column) < rng.uniform(0.1, 0.25) * self._size
        image = np.where(mask[..., None], rng.integers(256, size=3), 128)
        noisy = np.clip(image + rng.normal(scale=10, size=image.shape), 0, 255)
        return Sample(noisy.astype(np.uint8), mask, np.zeros_like(mask), f"disc-{index}")
