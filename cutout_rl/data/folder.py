"""The data source for a folder of images and masks."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cutout_rl.data.entry import entry_of_pair
from cutout_rl.data.file_source import FileSource
from cutout_rl.data.frame import Frame
from cutout_rl.data.image_files import FORMATS_READ
from cutout_rl.data.left_out import Tally
from cutout_rl.data.pairing import pair_files
from cutout_rl.data.required_paths import require_folder
from cutout_rl.data.source import Split
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.choices import require_choice


class FolderSource(FileSource):
    """One split of the files in `root/images` and `root/<masks>`, paired by stem and sorted.

    Files may be of any size. A mask is 0 on the background, 255 (or 1) on the object and 128 on pixels to ignore
    (void); or it numbers classes, of which `masks_class` is the object. A sample is the largest square crop of its
    image in which the object is as central as the border allows, resized. The stem, in Unicode NFC, names the pair and
    decides the split (70 % train, 15 % val, 15 % test).

    Opening compares the sizes of all pairs of the split, and decodes fifty, or fewer of large images, to find bad ones;
    the others are decoded when they are first used. Up to 128 MiB of samples are cached; others are read again on every
    access. A pickled copy has an empty cache and does not check the files again.

    Attributes:
        skipped: one error message for each bad pair that was skipped.
        notes: sentences on files that were left out, and on masks whose frame is uncertain.
    """

    def __init__(
        self,
        root: Path,
        split: Split,
        image_size: int = 128,
        masks: str = "masks",
        skip_bad: bool = False,
        masks_class: int | None = None,
        masks_frame: Frame = "upright",
    ) -> None:
        """List and check the pairs of the split.

        Args:
            root: the folder with `images` and the folder of masks.
            split: "train", "val" or "test".
            image_size: the side of the samples in pixels.
            masks: the name of the folder of masks inside `root`.
            skip_bad: decode every pair now; skip bad ones and list them in `skipped`, instead of raising.
            masks_class: the number of the class that is the object, if the masks number classes; 255 is void then.
            masks_frame: whether masks belong to the "upright" or the "stored" image, where EXIF data turns it and
                the sizes do not tell.

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
        paired = pair_files(self._root / "images", self._root / masks)
        self._names, self._left_out = tuple(paired.pairs), paired.left_out
        entries = (entry_of_pair(pair, masks_class) for name, pair in paired.pairs.items() if split_of(name) == split)
        super().__init__(entries, image_size, True, skip_bad, masks_frame, paired.left_out)

    def _where(self) -> str:
        return f"split {self._split} of {self._root}"

    def _empty(self, bad: Sequence[str], left_out: Tally) -> str:
        root, split = self._root, self._split
        also = "".join(f" {sentence}" for sentence in self._left_out)
        if bad:
            return (
                f"All {len(bad)} pairs that fall into split {split} of {root} are bad; repair them or add pairs."
                f" The first: {bad[0]}"
            )
        if not self._names:
            return f"{root} holds no pairs; put {FORMATS_READ} files into images, and masks beside it.{also}"
        counts = Counter(map(split_of, self._names))
        held = ", ".join(f"{counts[other]} in {other}" for other in SPLITS)
        return (
            f"Split {split} of {root} is empty, because file names decide the split ({held}); add pairs or rename"
            f" some.{also}"
        )
