"""A published set of the click benchmark, read at the size of its files."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.data.decoding import read_image
from cutout_rl.data.folder_listing import by_name, list_folder
from cutout_rl.data.required_paths import require_folder
from cutout_rl.utils.errors import CutOutError


class PublishedSet(ABC):
    """One object per image, in the folders of RITM's repository; a mask without an image is ignored, as it is there.

    Attributes:
        name: of the set and of its folder.
        folders: those of images and of masks in it.
        published: how many objects the complete set has.
        names: the stems of the images, sorted.
    """

    name: ClassVar[str]
    folders: ClassVar[tuple[str, str]]
    published: ClassVar[int]

    def __init__(self, root: Path) -> None:
        """List the files of the set in `root`.

        Raises:
            CutOutError: a folder or a mask is missing, or two files share a name.
        """
        folders = [root / folder for folder in self.folders]
        for folder in folders:
            require_folder(folder, f"{self.name} has the folders {' and '.join(self.folders)}")
        images, masks = (by_name(list_folder(folder).images) for folder in folders)
        if not images:
            raise CutOutError(f"{folders[0]} contains no images; unpack {self.name} there.")
        for stem, files in images.items():
            found = masks.get(stem, [])
            if not found:
                raise CutOutError(f"{files[0]} has no mask; add {folders[1] / stem}.png or remove the image.")
            for same in (files, found):
                if len(same) > 1:
                    raise CutOutError(f"{same[0]} and {same[1].name} share one name; keep one of them.")
        self.names = sorted(images)
        self._files = [(images[stem][0], masks[stem][0]) for stem in self.names]

    def load(self, index: int) -> Sample:
        """Read an image and its mask, in fresh arrays.

        Raises:
            CutOutError: a file is damaged, the sizes differ, or the mask shows no object.
        """
        image_file, mask_file = self._files[index]
        image, colours = np.array(read_image(image_file)), np.asarray(read_image(mask_file))
        if colours.shape != image.shape:
            raise CutOutError(
                f"{mask_file} is {colours.shape[1]} x {colours.shape[0]} pixels, but its image is {image.shape[1]} x"
                f" {image.shape[0]}; unpack {self.name} again."
            )
        mask, void = self.read_mask(colours)
        if not mask.any():
            raise CutOutError(f"{mask_file} contains no object; unpack {self.name} again.")
        return Sample(image, mask, void, self.names[index])

    @staticmethod
    @abstractmethod
    def read_mask(colours: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the (H, W) bool object and void of an (H, W, 3) uint8 mask file; void pixels are not of the object."""
