"""The images that segmenters are compared on, and the halves that they are tuned and reported on."""

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
    """Say where real images would be: CUTOUT_RL_REAL_DATA, else `../shared/data` beside the project."""
    beside = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    return Path(os.environ.get("CUTOUT_RL_REAL_DATA", beside))


def load_set(name: str, half: Half, size: int, limit: int) -> list[Sample]:
    """Load up to `limit` samples of one half of a set: every other image, in the order of the names.

    Raises:
        CutOutError: the set's files are damaged.
    """
    first = ("tune", "report").index(half)
    if name == FACES:
        source = open_source(FACES, "val", size)
        return [source[index] for index in range(first, 2 * limit, 2)]
    folder, masks = REAL_SETS[name]
    samples = sorted(_every_split(real_data_folder() / folder, masks, size), key=lambda sample: sample.name)
    return samples[first::2][:limit]


def is_there(name: str) -> bool:
    """Tell whether a set can be loaded."""
    return name == FACES or (real_data_folder() / REAL_SETS[name][0]).is_dir()


def _every_split(folder: Path, masks: str, size: int) -> Iterator[Sample]:
    for split in get_args(Split):
        # One picture of a bald person has no hair mask.
        source = open_source(str(folder), split, size, masks, skip_bad=True)
        yield from (source[index] for index in range(len(source)))
