"""Datasets with one object per image: GrabCut, Berkeley, MSRA10K and ECSSD."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from cutout_rl.data.decoding import read_noisy_trimap
from cutout_rl.data.entry import Entry
from cutout_rl.data.image_files import SUFFIXES
from cutout_rl.data.pairing import Pair, pair_files
from cutout_rl.data.published.dataset_source import DatasetSource, refuse_masks, require_test_split
from cutout_rl.data.required_paths import require_folder
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_of


class _PairSource(DatasetSource):
    """Images and masks in two folders, paired and named by file stem.

    Attributes:
        folders: the folders of images and of masks.
        held_out: whether all of it is the test split; otherwise the stem decides the split, 70 : 15 : 15.
        suffixes: file name suffixes of images and of masks.
    """

    folders: ClassVar[tuple[str, str]]
    held_out: ClassVar[bool]
    suffixes: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]] = (SUFFIXES, SUFFIXES)

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the pairs, sorted by stem."""
        refuse_masks(self.kind, masks)
        if self.held_out:
            require_test_split(self.kind, split)
        images, mask_folder = (root / folder for folder in self.folders)
        for folder in (images, mask_folder):
            require_folder(folder, f"name the folder of the dataset, {self.kind}:DIR")
        for stem, pair in pair_files(images, mask_folder, *self.suffixes).pairs.items():
            if self.held_out or split_of(stem) == split:
                yield pair if isinstance(pair, str) else _entry(pair)


def _entry(pair: Pair) -> Entry:
    return Entry(pair.name, pair.image, str(pair.mask), partial(read_noisy_trimap, pair.mask))


class GrabCutSource(_PairSource):
    """The 50 images of GrabCut (Rother et al., SIGGRAPH 2004); void where the boundary is uncertain."""

    kind = "grabcut"
    homepage = "https://github.com/SamsungLabs/ritm_interactive_segmentation"
    layouts = (("data_GT", "boundary_GT"),)
    folders = ("data_GT", "boundary_GT")
    held_out = True


class BerkeleySource(_PairSource):
    """The 100 objects of McGuinness and O'Connor (Pattern Recognition 2010) in images of the Berkeley dataset."""

    kind = "berkeley"
    homepage = "https://github.com/SamsungLabs/ritm_interactive_segmentation"
    layouts = ()  # images and masks are also the layout of a plain folder
    folders = ("images", "masks")
    held_out = True


class Msra10kSource(_PairSource):
    """The 10,000 salient objects of MSRA10K (Cheng et al., TPAMI 2015), JPEG images beside PNG masks."""

    kind = "msra10k"
    homepage = "https://mmcheng.net/msra10k"
    layouts = (("Imgs",),)
    folders = ("Imgs", "Imgs")
    held_out = False
    suffixes = ((".jpg",), (".png",))


class EcssdSource(_PairSource):
    """The 1,000 salient objects of ECSSD (Shi et al., TPAMI 2016)."""

    kind = "ecssd"
    homepage = "https://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/dataset.html"
    layouts = (("images", "ground_truth_mask"),)
    folders = ("images", "ground_truth_mask")
    held_out = False
