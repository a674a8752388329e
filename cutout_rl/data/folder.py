"""A folder of image and mask pairs as a data source."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cutout_rl.data.files import Entry, FileSource, entry_of
from cutout_rl.data.finding import require_folder
from cutout_rl.data.pairing import SUFFIXES, pair_files
from cutout_rl.data.source import Split
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.choices import require_choice


class FolderSource(FileSource):
    """The pairs of `root/images` and `root/<masks>` that have the same file stem, one split of them, sorted by stem.

    Files may be PNG, JPEG, WebP or BMP, of any size. A mask holds 0 on the background, 255 (or 1) on the object and 128
    where the truth is unknown. A picture that is not square is cut to the largest square, moved along the longer side
    until the object is centred or the border reached, then resized. The stem names the pair, and alone decides the
    split (70 % train, 15 % val, 15 % test).

    Opening reads every pair of the split once, to find bad ones. Up to 128 MiB of resized pairs stay in memory; others
    are read again at every access. A pickled copy carries no pixels and checks nothing again.

    Attributes:
        skipped: one sentence for each bad pair that was left out.
    """

    def __init__(
        self, root: Path, split: Split, image_size: int = 128, masks: str = "masks", skip_bad: bool = False
    ) -> None:
        """Find, read and check all pairs of the split.

        Args:
            root: the folder that holds `images` and the folder of masks.
            split: "train", "val" or "test".
            image_size: the side of the samples in pixels.
            masks: the name of the folder of masks inside `root`.
            skip_bad: leave bad pairs out and list them in `skipped`, instead of raising for them.

        Raises:
            CutOutError: a folder is missing, the split is unknown or empty, or, without `skip_bad`, a pair is bad: the
                sizes differ, a file is damaged or has no partner, the levels make no mask, or the object or the
                background is missing, before or after resizing.
        """
        require_choice("split", split, SPLITS)
        self._root, self._split = Path(root).expanduser(), split
        require_folder(self._root, "name one that holds a folder images and a folder of masks")
        require_folder(self._root / "images", "rename or add it")
        require_folder(self._root / masks, "add it or name another folder of masks (--masks)")
        self._found = pair_files(self._root / "images", self._root / masks)
        super().__init__(self._listed(), image_size, check=True, skip_bad=skip_bad)

    def _listed(self) -> Iterator[Entry | str]:
        for stem, pair in self._found.items():
            if split_of(stem) == self._split:
                yield entry_of(pair)

    def _empty(self, bad_count: int) -> str:
        root, split = self._root, self._split
        if bad_count:
            return f"All {bad_count} pairs that fall into split {split} of {root} are bad: mend them or add pairs."
        if not self._found:
            return f"{root} holds no pairs: put {', '.join(SUFFIXES)} files into images and their masks beside it."
        counts = Counter(map(split_of, self._found))
        held = ", ".join(f"{counts[other]} in {other}" for other in SPLITS)
        return f"Split {split} of {root} is empty, as file names decide the split ({held}): add pairs or rename some."
