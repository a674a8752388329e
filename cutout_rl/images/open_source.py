"""Finding a data source by its name."""

import logging
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, cast

from cutout_rl.errors import CutOutError
from cutout_rl.images.faces import FacesSource
from cutout_rl.images.folder import FolderSource
from cutout_rl.images.objects import ObjectsSource
from cutout_rl.images.source import DataSource, Split

FACES: Final = "faces"
OBJECTS: Final = "objects"
SOURCE_GROUP: Final = "cutout_rl.data"


def open_source(
    data: str, split: Split, image_size: int, masks: str | None = None, skip_bad: bool = False
) -> DataSource:
    """Open one split of a set of images.

    Args:
        data: "faces" or "objects" for the procedural ones, a name in the entry-point group `cutout_rl.data`, which
            stands for what makes a source from split, size and masks, else the folder that holds `images/` and the
            masks.
        split: "train", "val" or "test".
        image_size: side of the square images, in pixels.
        masks: which masks; "head" (default), "face" or "hair" of the faces, the name of the masks' folder ("masks"
            by default) in a folder.
        skip_bad: leave out the bad pairs of a folder, and log a warning for each, once, instead of refusing the folder.

    Raises:
        CutOutError: no such split, folder or masks, or a bad pair.
    """
    if data == FACES:
        return FacesSource(split, image_size, masks or "head")
    if data == OBJECTS:
        if masks is not None:
            raise CutOutError(f"objects has one kind of masks, not {masks!r}: leave masks out.")
        return ObjectsSource(split, image_size)
    for entry in entry_points(group=SOURCE_GROUP, name=data):
        return cast(DataSource, entry.load()(split, image_size, masks))
    source = FolderSource(Path(data), split, image_size, masks or "masks", skip_bad)
    for sentence in source.skipped:
        _warn(sentence)
    return source


@cache  # once for all that open the same split
def _warn(sentence: str) -> None:
    logging.getLogger(__name__).warning("skipped: %s", sentence)
