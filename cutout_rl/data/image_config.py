"""Which images a game or a training run uses."""

from dataclasses import dataclass

from cutout_rl.data import DataSource, Split, open_source


@dataclass(frozen=True)
class ImageConfig:
    """The settings that choose the images; all of them are JSON-able."""

    data: str = "faces"
    """Images: "faces", "objects", "markers" or "grids" (procedural, no download), KIND:DIR of a published set, such as
    voc:DIR (docs/data_sources.md), or a folder with images/ and masks/."""
    masks: str | None = None
    """Which masks: head, face or hair of the faces, the name of the masks' folder, or a class of a set. Default: head,
    masks, or all."""
    split: Split = "train"
    """Split of the images: train, val or test."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    augment: int = 1
    """Versions of each training image: the original and randomly transformed ones; more than 1 needs
    pip install 'cutout-rl[augment]'."""
    image_size: int = 128
    """Side of the images in pixels, at which the cut is made."""

    def open_source(self) -> DataSource:
        """Open the images; the train split in as many versions as `augment` says.

        Raises:
            CutOutError: the images cannot be used.
        """
        source = open_source(self.data, self.split, self.image_size, self.masks, self.skip_bad)
        if self.split != "train" or self.augment == 1:
            return source
        from cutout_rl.data.augmented import AugmentedSource

        return AugmentedSource(source, self.augment)
