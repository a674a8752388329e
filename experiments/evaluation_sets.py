"""The sets of images for comparing segmenters, with a half for tuning and a half for reporting."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, get_args

from cutout_rl.data import FACES, Sample, Split, open_source

Half = Literal["tune", "report"]

# Folder and masks of each real set, below the folder of real images.
REAL_SETS: Final = {
    "heads": ("facesynthetics", "masks_head"),
    "skin": ("facesynthetics", "masks_face"),
    "hair": ("facesynthetics", "masks_hair"),
    "davis": ("davis", "masks"),
}


def real_data_folder() -> Path:
    """Return the folder of real images: CUTOUT_RL_REAL_DATA, else `../shared/data` next to the project."""
    default = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    return Path(os.environ.get("CUTOUT_RL_REAL_DATA", default))


def load_set(name: str, half: Half, size: int, limit: int) -> list[Sample]:
    """Load up to `limit` samples of one half of a set: every other image, ordered by name.

    Raises:
        CutOutError: a file of the set is damaged.
    """
    first = ("tune", "report").index(half)
    if name == FACES:
        source = open_source(FACES, "val", size)
        return [source[index] for index in range(first, 2 * limit, 2)]
    folder, masks = REAL_SETS[name]
    samples = sorted(every_sample(str(real_data_folder() / folder), masks, size), key=lambda sample: sample.name)
    return samples[first::2][:limit]


def is_available(name: str) -> bool:
    """Return whether the images of a set are on this machine."""
    return name == FACES or (real_data_folder() / REAL_SETS[name][0]).is_dir()


def every_sample(data: str, masks: str | None, size: int) -> Iterator[Sample]:
    """Yield the samples of all splits of some data, without bad pairs; `masks` names the kind of masks."""
    for split in get_args(Split):
        # One image, of a bald head, has no hair mask.
        source = open_source(data, split, size, masks, skip_bad=True)
        yield from (source[index] for index in range(len(source)))
