"""Sets with one object in each image: GrabCut, Berkeley, MSRA10K and ECSSD."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from cutout_rl.data.files import Entry, entry_of
from cutout_rl.data.finding import require_folder
from cutout_rl.data.pairing import SUFFIXES, pair_files
from cutout_rl.data.published.base import SetSource, no_choice, only_test
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_of


class _PairSource(SetSource):
    """Images and masks of two folders that have the same file stem, which names them.

    Attributes:
        folders: that images and masks lie in.
        held_out: whether the set is there to evaluate on; else the stem decides the split, 70 : 15 : 15.
    """

    folders: ClassVar[tuple[str, str]]
    held_out: ClassVar[bool]
    suffixes: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]] = (SUFFIXES, SUFFIXES)

    def listed(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """List the pairs, sorted by stem."""
        no_choice(self.kind, masks)
        if self.held_out:
            only_test(self.kind, split)
        images, truths = (root / folder for folder in self.folders)
        for folder in (images, truths):
            require_folder(folder, f"name the folder of the set that holds it, {self.kind}:DIR")
        for stem, pair in pair_files(images, truths, *self.suffixes).items():
            if self.held_out or split_of(stem) == split:
                yield entry_of(pair)


class GrabCutSource(_PairSource):
    """The 50 images that GrabCut was shown on (Rother et al., SIGGRAPH 2004); void where the boundary is uncertain."""

    kind = "grabcut"
    home = "https://github.com/SamsungLabs/ritm_interactive_segmentation"
    landmarks = (("data_GT", "boundary_GT"),)
    folders = ("data_GT", "boundary_GT")
    held_out = True


class BerkeleySource(_PairSource):
    """The 100 objects of McGuinness and O'Connor (Pattern Recognition 2010) in images of the Berkeley set."""

    kind = "berkeley"
    home = "https://github.com/SamsungLabs/ritm_interactive_segmentation"
    landmarks = ()  # a folder of images and masks is read without a layout
    folders = ("images", "masks")
    held_out = True


class Msra10kSource(_PairSource):
    """The 10,000 salient objects of MSRA10K (Cheng et al., TPAMI 2015), JPEG images beside PNG masks."""

    kind = "msra10k"
    home = "https://mmcheng.net/msra10k"
    landmarks = (("Imgs",),)
    folders = ("Imgs", "Imgs")
    held_out = False
    suffixes = ((".jpg",), (".png",))


class EcssdSource(_PairSource):
    """The 1,000 salient objects of ECSSD (Shi et al., TPAMI 2016)."""

    kind = "ecssd"
    home = "https://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/dataset.html"
    landmarks = (("images", "ground_truth_mask"),)
    folders = ("images", "ground_truth_mask")
    held_out = False
