"""`python -m cutout_rl.experiments.contact_sheet`: a sheet of the first images of a data source."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data import DataSource, Sample, Split, open_source
from cutout_rl.data.image_config import ClassNumber
from cutout_rl.game.rules import ImageSide
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count

_DIMMED = 0.25


@dataclass(frozen=True)
class ContactSheetArguments:
    """Draw a sheet of the first images of a data source."""

    out: Path
    """The PNG file to write."""
    data: str = "faces"
    """"faces", "objects", "markers", "grids", KIND:DIR of a published set, or a folder of images and masks."""
    split: Split = "val"
    """Split of the images."""
    image_size: ImageSide = 128
    """Side of each image, in pixels."""
    rows: Count = 4
    """Number of rows."""
    columns: Count = 6
    """Number of images in a row."""
    masks: str | None = None
    """Which masks: head, face or hair of the faces, or the name of the masks' folder."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of a folder number classes; 255 is void then."""
    dim: bool = False
    """Darken the image outside each mask."""


def _picture(sample: Sample, dim: bool) -> NDArray[np.uint8]:
    if not dim:
        return sample.image
    light = np.where(sample.mask, 1.0, _DIMMED)[..., None]
    return np.asarray(sample.image * light, dtype=np.uint8)


def contact_sheet(source: DataSource, rows: int, columns: int, dim: bool = False) -> NDArray[np.uint8]:
    """Return a sheet of the first rows x columns images, (rows * S, columns * S, 3) uint8; missing ones are white.

    With `dim`, the image outside each mask is darkened.
    """
    pictures = [_picture(source[index], dim) for index in range(min(rows * columns, len(source)))]
    pictures += [np.full_like(pictures[0], 255)] * (rows * columns - len(pictures))
    return np.concatenate([np.concatenate(pictures[r * columns :][:columns], axis=1) for r in range(rows)])


def main() -> None:
    """Parse the flags and write the sheet."""
    arguments = parse_arguments(ContactSheetArguments, "experiments.contact_sheet")
    source = open_source(
        arguments.data, arguments.split, arguments.image_size, arguments.masks, masks_class=arguments.masks_class
    )
    with replacing(arguments.out) as temporary:
        Image.fromarray(contact_sheet(source, arguments.rows, arguments.columns, arguments.dim)).save(temporary)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    run_command(main)
