"""Oxford-IIIT Pet."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID, read_labels
from cutout_rl.data.entry import Entry
from cutout_rl.data.published.dataset_source import DatasetSource, entry_of_files
from cutout_rl.data.required_paths import require_file
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_within
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

_KINDS: Final = np.array([VOID, OBJECT, BACKGROUND, VOID], np.uint8)  # indexed by the number in a trimap
_SPECIES: Final = {"cat": "1", "dog": "2"}


class PetSource(DatasetSource):
    """The cats and dogs of Oxford-IIIT Pet (Parkhi et al., CVPR 2012); the edge of the animal is void.

    `annotations/test.txt` is the test split; `annotations/trainval.txt` is split by name, 85 % train, 15 % val. `masks`
    may be "cat" or "dog".
    """

    kind = "pet"
    homepage = "https://www.robots.ox.ac.uk/~vgg/data/pets/"
    layouts = (("images", "annotations/trimaps"),)

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the animals in the order of the dataset's lists."""
        if masks is not None:
            require_choice("kind of pet", masks, _SPECIES)
        test = split == "test"
        names = root / "annotations" / ("test.txt" if test else "trainval.txt")
        require_file(names, "name the folder that contains images and annotations, pet:DIR")
        for line in names.read_text(encoding="utf-8").splitlines():
            name, _, species, *_ = [*line.split(), "", "", ""]
            if not name or name.startswith("#"):
                continue
            if (masks is None or species == _SPECIES[masks]) and split_within(name, test) == split:
                trimap = root / "annotations" / "trimaps" / f"{name}.png"
                yield entry_of_files(name, root / "images" / f"{name}.jpg", trimap, partial(_read, trimap))


def _read(file: Path) -> NDArray[np.uint8]:
    numbers = read_labels(file)
    if not 1 <= numbers.min() <= numbers.max() <= 3:
        raise CutOutError(f"{file} is no trimap of 1 (pet), 2 (background) and 3 (edge); download it again.")
    return _KINDS[numbers]
