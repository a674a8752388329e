"""The base class of readers of published datasets and annotated images, and what they share."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID, read_labels
from cutout_rl.data.entry import Entry, Found
from cutout_rl.data.file_source import FileSource
from cutout_rl.data.formats.polygons import fill
from cutout_rl.data.frame import Frame
from cutout_rl.data.image_files import Shape, read_header, upright_shape
from cutout_rl.data.left_out import Tally
from cutout_rl.data.resize import object_square
from cutout_rl.data.source import Split
from cutout_rl.data.splits import SPLITS
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

GRID: Final = 64  # sampling points along each side of the square, for estimating the size of an object
LEAST_SHARE: Final = 1 / 200  # least share of the square that the object, and the background, must cover


class DatasetSource(FileSource):
    """One split of a dataset in the layout of its publishers or of an annotation tool.

    Opening lists the pairs. Files are read on access, or all of them on opening with `skip_bad`.

    Attributes:
        kind: name of the layout on the command line, as in `--data KIND:DIR`.
        homepage: where the layout is described.
        layouts: alternative sets of files or folders below the root that identify the layout.
        masks_frame: the frame of annotations, where no size tells it.
    """

    kind: ClassVar[str]
    homepage: ClassVar[str]
    layouts: ClassVar[tuple[tuple[str, ...], ...]]

    def __init__(
        self,
        root: Path,
        split: Split,
        image_size: int = 128,
        masks: str | None = None,
        skip_bad: bool = False,
        masks_frame: Frame = "upright",
    ) -> None:
        """List the pairs of the split.

        Args:
            root: the folder, or, where the layout allows it, the annotation file.
            split: "train", "val" or "test".
            image_size: the side of the samples in pixels.
            masks: which of the dataset's masks; None for the default ones.
            skip_bad: read every pair now; skip bad ones and list them in `skipped`.
            masks_frame: the frame of annotations, "upright" or "stored", where EXIF data turns an image and no size
                tells it.

        Raises:
            CutOutError: a file or folder is missing, the split is unknown or empty, or a pair is bad.
        """
        require_choice("split", split, SPLITS)
        self._root, self._split = Path(root).expanduser(), split
        if not self._root.exists():
            raise CutOutError(
                f"There is no {self._root}; name the folder of the dataset, {self.kind}:DIR. Its layout is described at"
                f" {self.homepage}."
            )
        self.masks_frame = masks_frame
        found = self.entries(self._root, split, masks)
        super().__init__(found, image_size, self.checks_on_open(), skip_bad, masks_frame)

    @classmethod
    def matches(cls, folder: Path) -> bool:
        """Return whether a folder has this layout."""
        return any(all((folder / name).exists() for name in names) for names in cls.layouts)

    def checks_on_open(self) -> bool:
        """Return whether opening checks the pairs, as for images annotated by the user."""
        return False

    def shape_without_size(self, image: Path) -> Shape:
        """Return the height and width of an image whose annotation states none, in the frame of `masks_frame`."""
        stored, orientation = read_header(image)
        return stored if self.masks_frame == "stored" else upright_shape(stored, orientation)

    @abstractmethod
    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Found]:
        """Yield the pairs of a split in a fixed order; a bad pair as a sentence that names the problem.

        What is left out may be yielded too, with its reason, to be counted.

        Raises:
            CutOutError: the folder has another layout.
        """

    def _where(self) -> str:
        return f"split {self._split} of {self._root}"

    def _empty(self, bad: Sequence[str], left_out: Tally) -> str:
        if bad:
            count = len(bad)
            return f"All {count} pairs of split {self._split} of {self._root} are bad; repair them. The first: {bad[0]}"
        reasons = f"; left out: {listed}" if (listed := str(left_out)) else ""
        others = f"; other splits: {held}" if (held := left_out.other_splits()) else ""
        return f"Split {self._split} of {self._root} is empty{reasons}{others}; choose another split or other masks."


def require_test_split(kind: str, split: Split) -> None:
    """Check that only the test split of an evaluation dataset is opened.

    Raises:
        CutOutError: the split is not "test".
    """
    if split != "test":
        raise CutOutError(f"{kind} is an evaluation dataset and has the split test only; train on another dataset.")


def refuse_masks(kind: str, masks: str | None) -> None:
    """Check that no masks are chosen from a dataset that has one kind.

    Raises:
        CutOutError: masks are chosen.
    """
    if masks is not None:
        raise CutOutError(f"{kind} has one kind of masks, not {masks!r}; leave masks out.")


def missing_file(image: Path, mask: Path) -> str | None:
    """Return a sentence that names the missing file of a pair, or None."""
    for file, other, word in ((image, mask, "image"), (mask, image, "mask")):
        if not file.is_file():
            return f"{other} has no {word}; add {file}."
    return None


def entry_of_files(name: str, image: Path, mask: Path, read_mask: Callable[[], NDArray[np.uint8]]) -> Entry | str:
    """Create the entry of an image and a mask file, or return a sentence that names the missing file."""
    return missing_file(image, mask) or Entry(name, image, str(mask), read_mask)


def trimap_of_labels(
    labels: NDArray[np.integer], objects: tuple[int, ...], void: int | None = None
) -> NDArray[np.uint8]:
    """Convert a label map to a trimap.

    Args:
        labels: (H, W) numbers of classes or objects.
        objects: the numbers that form the object.
        void: the number of void pixels.
    """
    trimap = trimap_of_mask(np.isin(labels, objects))
    if void is not None:
        trimap[labels == void] = VOID
    return trimap


def trimap_of_mask(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Convert an (H, W) mask to a trimap without void."""
    return np.where(mask, OBJECT, BACKGROUND).astype(np.uint8)


def read_trimap_of_labels(file: Path, objects: tuple[int, ...], void: int | None = None) -> NDArray[np.uint8]:
    """Read a label map and convert it to a trimap; see `trimap_of_labels`."""
    return trimap_of_labels(read_labels(file), objects, void)


def large_objects(labels: NDArray[np.integer], void: int | None) -> list[int]:
    """List the numbers of the objects that are large enough; see `is_large_enough`.

    Args:
        labels: (H, W), 0 on the background.
        void: the number of void pixels.
    """
    numbers = [int(number) for number in np.unique(labels) if number not in (0, void)]
    return [number for number in numbers if is_large_enough(trimap_of_labels(labels, (number,), void))]


def is_large_enough(trimap: NDArray[np.uint8]) -> bool:
    """Return whether an object and its background each cover at least 1/200 of the square crop.

    The crop is sampled at 64 x 64 points, so objects that are thin everywhere are too small.
    """
    if not (trimap == OBJECT).any():
        return False
    top, left, side = object_square(trimap)
    points = ((np.arange(GRID) + 0.5) * side / GRID).astype(np.int64)
    square = trimap[np.ix_(top + points, left + points)]
    return bool(min((square == OBJECT).sum(), (square == BACKGROUND).sum()) >= LEAST_SHARE * square.size)


def covers_enough(polygons: Sequence[NDArray[np.float64]], shape: Shape) -> bool:
    """Return `is_large_enough` of a union of polygons; for speed, they are drawn at the sampling points only.

    Args:
        polygons: (N, 2) corners (x, y) each, N >= 3.
        shape: height and width of the image.

    Raises:
        ValueError: a corner is NaN or infinite.
    """
    corners = np.concatenate([*polygons, np.empty((0, 2))])
    if not len(corners):
        return False
    size, side = np.array(shape[::-1]), min(shape)
    middle = (np.clip(corners.min(axis=0), 0, size) + np.clip(corners.max(axis=0), 0, size)) / 2
    start = np.clip(np.floor(middle - side / 2), 0, size - side)
    points = fill([(polygon - start) * (GRID / side) for polygon in polygons], (GRID, GRID), clip=True)
    return bool(LEAST_SHARE * points.size <= points.sum() <= (1 - LEAST_SHARE) * points.size)
