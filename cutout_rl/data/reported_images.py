"""The images of a split that are evaluated."""

from typing import Final

from cutout_rl.data.registry import PROCEDURAL
from cutout_rl.data.source import Split
from cutout_rl.utils.errors import CutOutError

# Test images 0 to 999 of the procedural sources chose hyperparameters in 2026; what chose a setting is never reported.
RETIRED: Final = 1000


def reported_images(data: str, split: Split, length: int, n_images: int, first: int | None = None) -> range:
    """Return the indices of the images of a split that are evaluated.

    Args:
        data: name of the source, as for `open_source`.
        split: the split.
        length: number of images in the split.
        n_images: number of images; fewer where the split ends before.
        first: index of the first image. Default: `RETIRED` in the test split of a procedural source, otherwise 0.

    Raises:
        CutOutError: fewer than one image, or the split has no image `first`.
    """
    if n_images < 1:
        raise CutOutError(f"The number of images is {n_images}, but must be at least 1.")
    if first is None:
        first = RETIRED if data in PROCEDURAL and split == "test" and length > RETIRED else 0
    if not 0 <= first < length:
        raise CutOutError(f"first is {first}, but the {split} split of {data} has the images 0 to {length - 1}.")
    return range(first, min(first + n_images, length))


def name_images(split: Split, indices: range) -> str:
    """Return the name of a range of images in tables, such as "test 1000-1199"."""
    return f"{split} {indices[0]}" + (f"-{indices[-1]}" if len(indices) > 1 else "")
