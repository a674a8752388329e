"""Which images a game or a training run uses."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from cutout_rl.data import FACES, DataSource, Split, open_source
from cutout_rl.data.frame import Frame
from cutout_rl.utils.ranges import Range

Bank = Annotated[int, Range(0, 1_000_000)]
ClassNumber = Annotated[int | None, Range(0, 65_534)]


_CHOICES: Final = ("data", "masks", "masks_class", "masks_frame", "skip_bad")


def image_choice(flags: object) -> dict[str, Any]:
    """Return the flags that choose images, whatever their split and size, from an object that has them all."""
    return {name: getattr(flags, name) for name in _CHOICES}


@dataclass(frozen=True)
class ImageConfig:
    """The settings that choose the images; all of them are JSON-able."""

    data: str = "faces"
    """Images: "faces", "objects", "markers" or "grids" (procedural, no download), KIND:DIR of a published set, such as
    voc:DIR (docs/data_sources.md), or a folder with images/ and masks/."""
    masks: str | None = None
    """Which masks: head, face or hair of the faces, the name of the masks' folder, or a class of a set. Default: head,
    masks, or all."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of a folder number classes; 255 is void then."""
    masks_frame: Frame = "upright"
    """Where EXIF data turns an image and no size tells how its mask or annotation lies: upright, or as the image is
    stored."""
    split: Split = "train"
    """Split of the images: train, val or test."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    augment: int = 1
    """Versions of each training image: the original and randomly transformed ones; more than 1 needs
    pip install 'cutout-rl[augment]'."""
    bank: Bank = 0
    """Distinct faces that seven of eight training episodes share; they are drawn once and kept on disk. The eighth
    has a face of its own. 0: every episode has. Other images and held-out splits ignore it."""
    image_size: int = 128
    """Side of the images in pixels, at which the cut is made."""

    def open_source(self) -> DataSource:
        """Open the images; the train split in as many versions as `augment` says.

        Raises:
            CutOutError: the images cannot be used.
        """
        source = self._open_source()
        if self.split != "train" or self.augment == 1:
            return source
        from cutout_rl.data.augmented import AugmentedSource

        return AugmentedSource(source, self.augment)

    def _open_source(self) -> DataSource:
        if self.bank and self.data == FACES and self.split == "train":
            from cutout_rl.data.synthetic.faces.banked_source import BankedFacesSource

            return BankedFacesSource(self.bank, self.image_size, self.masks or "head")
        return open_source(
            self.data, self.split, self.image_size, self.masks, self.skip_bad, self.masks_class, self.masks_frame
        )
