"""A folder of image and mask pairs as a data source."""

from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cutout_rl.choices import require_choice
from cutout_rl.errors import CutOutError
from cutout_rl.images.decoding import BACKGROUND, OBJECT, VOID, read_image, read_trimap
from cutout_rl.images.pairing import SUFFIXES, Pair, pair_files
from cutout_rl.images.resize import object_square, resize_image, resize_trimap
from cutout_rl.images.source import Sample, Split
from cutout_rl.images.splits import SPLITS, split_of

_MAX_KEPT_BYTES = 128 * 2**20
_MAX_NAMED = 8


class FolderSource:
    """The pairs of `root/images` and `root/<masks>` that have the same file stem, one split of them, sorted by stem.

    Files may be PNG, JPEG, WebP or BMP, of any size. A mask holds 0 on the background, 255 (or 1) on the object and 128
    where the truth is unknown. A picture that is not square is cut to the largest square, moved along the longer side
    until the object is centred or the border reached, then resized. The stem alone decides the split (70 % train, 15 %
    val, 15 % test).

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
        root = Path(root).expanduser()
        _require_folder(root, "name one that holds a folder images and a folder of masks")
        _require_folder(root / "images", "rename or add it")
        _require_folder(root / masks, "add it or name another folder of masks (--masks)")
        found = pair_files(root / "images", root / masks)
        self._image_size = image_size
        self._pairs: list[Pair] = []
        self._kept: dict[str, Sample] = {}
        bad: list[str] = []
        for stem, entry in found.items():
            if split_of(stem) != split:
                continue
            if isinstance(entry, str):
                bad.append(entry)
                continue
            try:
                self._sample(entry)
            except CutOutError as error:
                bad.append(str(error))
            else:
                self._pairs.append(entry)
        if bad and not skip_bad:
            raise CutOutError(_with_count(bad))
        if not self._pairs:
            raise CutOutError(_empty_split(root, split, found, len(bad)))
        self.skipped = tuple(bad)

    def __len__(self) -> int:
        """Count the pairs of the split."""
        return len(self._pairs)

    def __getitem__(self, index: int) -> Sample:
        """Give pair `index` in fresh arrays of `image_size` squared; its name is the file stem.

        Raises:
            IndexError: the index is not in [0, len).
            CutOutError: the files have changed since opening and are a bad pair now.
        """
        if not 0 <= index < len(self._pairs):
            raise IndexError(f"index {index} is not in [0, {len(self._pairs)})")
        sample = self._sample(self._pairs[index])
        return Sample(sample.image.copy(), sample.mask.copy(), sample.void.copy(), sample.name)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the pixels at home."""
        return self.__dict__ | {"_kept": {}}

    def _sample(self, pair: Pair) -> Sample:
        if pair.name in self._kept:
            return self._kept[pair.name]
        sample = _load(pair, self._image_size)
        bytes_each = sample.image.nbytes + sample.mask.nbytes + sample.void.nbytes
        if (len(self._kept) + 1) * bytes_each <= _MAX_KEPT_BYTES:
            self._kept[pair.name] = sample
        return sample


def _load(pair: Pair, size: int) -> Sample:
    image, trimap = read_image(pair.image), read_trimap(pair.mask)
    if image.size != trimap.shape[::-1]:
        raise CutOutError(
            f"{pair.image} is {image.width} x {image.height} pixels upright but {pair.mask} is "
            f"{trimap.shape[1]} x {trimap.shape[0]}: save the mask at the size of its image."
        )
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (trimap == kind).any():
            raise CutOutError(
                f"{pair.mask} holds no {word}: mark both the object and the background, or remove the pair."
            )
    top, left, side = object_square(trimap)
    resized = resize_trimap(trimap[top : top + side, left : left + side], size)
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (resized == kind).any():
            raise CutOutError(
                f"{pair.mask} keeps no {word} when cut to a square of {size} pixels: "
                "raise the image size or remove the pair."
            )
    square = resize_image(image.crop((left, top, left + side, top + side)), size)
    return Sample(square, resized == OBJECT, resized == VOID, pair.name)


def _require_folder(folder: Path, mend: str) -> None:
    if folder.is_dir():
        return
    others = sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) if folder.parent.is_dir() else []
    near = get_close_matches(folder.name, others, n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    if others:
        hints.append(f"{folder.parent} holds {', '.join(others[:_MAX_NAMED])}{', ...' * (len(others) > _MAX_NAMED)}")
    hint = f" ({' '.join(hints)})" if hints else ""
    raise CutOutError(f"There is no folder {folder}{hint}: {mend}.")


def _with_count(bad: list[str]) -> str:
    more = f"{len(bad) - 1} more bad pair{'s' * (len(bad) > 2)} in this split; " if len(bad) > 1 else ""
    return f"{bad[0].removesuffix('.')} ({more}skip_bad, --skip-bad on the command line, leaves bad pairs out)."


def _empty_split(root: Path, split: Split, found: dict[str, Pair | str], bad_count: int) -> str:
    if bad_count:
        return f"All {bad_count} pairs that fall into split {split} of {root} are bad: mend them or add pairs."
    if not found:
        return f"{root} holds no pairs: put {', '.join(SUFFIXES)} files into images and their masks beside it."
    counts = Counter(map(split_of, found))
    held = ", ".join(f"{counts[other]} in {other}" for other in SPLITS)
    return f"Split {split} of {root} is empty, as file names decide the split ({held}): add pairs or rename some."
