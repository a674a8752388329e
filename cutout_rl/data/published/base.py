"""What the readers of published sets and of annotated images have in common."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID, read_labels
from cutout_rl.data.files import Entry, FileSource
from cutout_rl.data.resize import object_square
from cutout_rl.data.source import Split
from cutout_rl.data.splits import SPLITS
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

GRID: Final = 64  # points along each side of the square that tell how large an object is
LEAST_SHARE: Final = 1 / 200  # of that square that an object, and what is left of the square, must cover


class SetSource(FileSource):
    """One split of a set of images that is laid out as its publishers or an annotation tool do.

    Opening lists the pairs. Files are read when they are asked for, or, with `skip_bad`, all of them when opening.

    Attributes:
        kind: what the command line calls the layout, as in `--data KIND:DIR`.
        home: where the layout is described.
        landmarks: files or folders below the root, each list one way to know the layout by.
        checks: whether opening reads every pair, as of what people have annotated themselves.
    """

    kind: ClassVar[str]
    home: ClassVar[str]
    landmarks: ClassVar[tuple[tuple[str, ...], ...]]
    checks: ClassVar[bool] = False

    def __init__(
        self, root: Path, split: Split, image_size: int = 128, masks: str | None = None, skip_bad: bool = False
    ) -> None:
        """List the pairs of the split.

        Args:
            root: the folder, or, where the layout allows it, the file of annotations.
            split: "train", "val" or "test".
            image_size: the side of the samples in pixels.
            masks: which of the set's masks; None takes the usual ones.
            skip_bad: read every pair now, leave bad ones out and list them in `skipped`.

        Raises:
            CutOutError: something is missing, the split is unknown or empty, or a pair is bad.
        """
        require_choice("split", split, SPLITS)
        self._root, self._split = Path(root).expanduser(), split
        if not self._root.exists():
            raise CutOutError(f"There is no {self._root}: name the folder of the set, {self.kind}:DIR.")
        super().__init__(self.listed(self._root, split, masks), image_size, self.checks, skip_bad)

    @abstractmethod
    def listed(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """List the pairs of a split, in a fixed order, or say why one is bad.

        Raises:
            CutOutError: the layout is another one.
        """

    def _empty(self, bad_count: int) -> str:
        if bad_count:
            return f"All {bad_count} pairs of split {self._split} of {self._root} are bad: mend them."
        return f"Split {self._split} of {self._root} is empty: choose another split or other masks."


def only_test(kind: str, split: Split) -> None:
    """Refuse to train on a set that is there to compare methods.

    Raises:
        CutOutError: another split than "test" is asked for.
    """
    if split != "test":
        raise CutOutError(f"{kind} is a set to evaluate on, and all of it is split test: train on another one.")


def no_choice(kind: str, masks: str | None) -> None:
    """Refuse to choose among the masks of a set that has one kind.

    Raises:
        CutOutError: masks are chosen.
    """
    if masks is not None:
        raise CutOutError(f"{kind} has one kind of masks, not {masks!r}: leave masks out.")


def missing(image: Path, mask: Path) -> str | None:
    """Say which of two files that a list or a rule of names pairs is missing, if one is."""
    for file, other, word in ((image, mask, "image"), (mask, image, "mask")):
        if not file.is_file():
            return f"{other} has no {word}: add {file}."
    return None


def entry(name: str, image: Path, mask: Path, read: Callable[[], NDArray[np.uint8]]) -> Entry | str:
    """Make an entry of two files, or say which is missing."""
    return missing(image, mask) or Entry(name, image, str(mask), read)


def pick(labels: NDArray[np.integer], objects: tuple[int, ...], void: int | None = None) -> NDArray[np.uint8]:
    """Make a trimap of numbered classes or objects.

    Args:
        labels: (H, W).
        objects: the numbers that are the object.
        void: the number that means unknown.
    """
    trimap = np.where(np.isin(labels, objects), OBJECT, BACKGROUND).astype(np.uint8)
    if void is not None:
        trimap[labels == void] = VOID
    return trimap


def pick_from(file: Path, objects: tuple[int, ...], void: int | None = None) -> NDArray[np.uint8]:
    """Read a file of numbers and make a trimap of them, as `pick` does."""
    return pick(read_labels(file), objects, void)


def numbers_in(labels: NDArray[np.integer], void: int | None) -> list[int]:
    """List the numbers of the objects that are large enough, as `large_enough` has it.

    Args:
        labels: (H, W), 0 on the background.
        void: the number that means unknown.
    """
    found = [int(number) for number in np.unique(labels) if number not in (0, void)]
    return [number for number in found if large_enough(pick(labels, (number,), void))]


def large_enough(trimap: NDArray[np.uint8]) -> bool:
    """Say whether an object and its background each cover at least 1/200 of the square that is cut out.

    The square is looked at in 64 x 64 points, so that what is thin everywhere is too small.
    """
    if not (trimap == OBJECT).any():
        return False
    top, left, side = object_square(trimap)
    points = ((np.arange(GRID) + 0.5) * side / GRID).astype(np.int64)
    square = trimap[np.ix_(top + points, left + points)]
    return bool(min((square == OBJECT).sum(), (square == BACKGROUND).sum()) >= LEAST_SHARE * square.size)
