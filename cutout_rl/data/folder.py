"""The data source for a folder of images and masks."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cutout_rl.data.file_source import Entry, FileSource, entry_of_pair
from cutout_rl.data.pairing import SUFFIXES, pair_files
from cutout_rl.data.required_paths import require_folder
from cutout_rl.data.source import Split
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.choices import require_choice


class FolderSource(FileSource):
    """One split of the files in `root/images` and `root/<masks>`, paired by stem and sorted.

    Files may be PNG, JPEG, WebP or BMP, of any size. A mask is 0 on the background, 255 (or 1) on the object and 128 on
    pixels to ignore (void). A sample is the largest square crop of its image in which the object is as central as the
    border allows, resized. The stem names the pair and decides the split (70 % train, 15 % val, 15 % test).

    Opening reads every pair of the split once, to find bad ones. Up to 128 MiB of samples are cached; others are read
    again on every access. A pickled copy has an empty cache and does not check the files again.

    Attributes:
        skipped: one error message for each bad pair that was skipped.
    """

    def __init__(
        self, root: Path, split: Split, image_size: int = 128, masks: str = "masks", skip_bad: bool = False
    ) -> None:
        """List, read and check all pairs of the split.

        Args:
            root: the folder with `images` and the folder of masks.
            split: "train", "val" or "test".
            image_size: the side of the samples in pixels.
            masks: the name of the folder of masks inside `root`.
            skip_bad: skip bad pairs and list them in `skipped`, instead of raising.

        Raises:
            CutOutError: a folder is missing, the split is unknown or empty, or, without `skip_bad`, a pair is bad: the
                sizes differ, a file is damaged or has no partner, the levels are not those of a mask, or the object or
                the background is missing, before or after resizing.
        """
        require_choice("split", split, SPLITS)
        self._root, self._split = Path(root).expanduser(), split
        require_folder(self._root, "name one that contains a folder images and a folder of masks")
        require_folder(self._root / "images", "rename or add it")
        require_folder(self._root / masks, "add it or name another folder of masks (--masks)")
        self._pairs = pair_files(self._root / "images", self._root / masks)
        super().__init__(self._entries_of_split(), image_size, check=True, skip_bad=skip_bad)

    def _entries_of_split(self) -> Iterator[Entry | str]:
        for stem, pair in self._pairs.items():
            if split_of(stem) == self._split:
                yield entry_of_pair(pair)

    def _empty(self, bad_count: int) -> str:
        root, split = self._root, self._split
        if bad_count:
            return f"All {bad_count} pairs that fall into split {split} of {root} are bad; repair them or add pairs."
        if not self._pairs:
            return f"{root} holds no pairs; put {', '.join(SUFFIXES)} files into images, and masks beside it."
        counts = Counter(map(split_of, self._pairs))
        held = ", ".join(f"{counts[other]} in {other}" for other in SPLITS)
        return (
            f"Split {split} of {root} is empty, because file names decide the split ({held}); add pairs or rename some."
        )
