"""Finding a data source by its name."""

import logging
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, cast

from cutout_rl.data.files import FileSource
from cutout_rl.data.folder import FolderSource
from cutout_rl.data.published import SETS, kinds_like
from cutout_rl.data.source import DataSource, Split
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.data.synthetic.grids import GridsSource
from cutout_rl.data.synthetic.markers import MarkersSource
from cutout_rl.data.synthetic.objects import ObjectsSource
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

FACES: Final = "faces"
OBJECTS: Final = "objects"
MARKERS: Final = "markers"
GRIDS: Final = "grids"
DRAWN: Final = (FACES, OBJECTS, MARKERS, GRIDS)
SOURCE_GROUP: Final = "cutout_rl.data"


def open_source(
    data: str, split: Split, image_size: int, masks: str | None = None, skip_bad: bool = False
) -> DataSource:
    """Open one split of a set of images.

    Args:
        data: "faces", "objects", "markers" or "grids" for the procedural ones; KIND:DIR for a published set or
            annotated images, such as "voc:VOCdevkit/VOC2012"; a name in the entry-point group `cutout_rl.data`, which
            stands for what makes a source from split, size and masks, or NAME:DIR where it takes a folder too; else
            the folder that holds `images/` and the masks.
        split: "train", "val" or "test".
        image_size: side of the square images, in pixels.
        masks: which masks; "head" (default), "face" or "hair" of the faces, "marker" (default) or "presence" of the
            markers, the name of the masks' folder ("masks" by default) in a folder, a class of some sets.
        skip_bad: leave out the bad pairs of a folder, and log a warning for each, once, instead of refusing the folder.

    Raises:
        CutOutError: no such split, folder or masks, or a bad pair.
    """
    if data == FACES:
        return FacesSource(split, image_size, masks or "head")
    if data == MARKERS:
        return MarkersSource(split, image_size, masks or "marker")
    if data in (OBJECTS, GRIDS):
        if masks is not None:
            raise CutOutError(f"{data} has one kind of masks, not {masks!r}: leave masks out.")
        return (ObjectsSource if data == OBJECTS else GridsSource)(split, image_size)
    kind, _, folder = data.partition(":")
    for entry in entry_points(group=SOURCE_GROUP, name=kind):
        place = (Path(folder),) if folder else ()
        return cast(DataSource, entry.load()(split, image_size, masks, *place))
    if kind in SETS:
        if not folder:
            raise CutOutError(f"{kind} is read from a folder of yours: name it, {kind}:DIR.")
        return _warned(SETS[kind](Path(folder), split, image_size, masks, skip_bad))
    _require_plain(data, masks or "masks")
    return _warned(FolderSource(Path(data), split, image_size, masks or "masks", skip_bad))


def plain_folder(data: str) -> Path | None:
    """Give the folder of images that a name stands for, or None where it names another kind of source."""
    kind = data.partition(":")[0]
    known = data in DRAWN or kind in SETS or entry_points(group=SOURCE_GROUP, name=kind)
    return None if known else Path(data)


def _require_plain(data: str, masks: str) -> None:
    """Say so where what is named as a plain folder is the folder of a set, or no folder but a kind misspelt."""
    folder = Path(data).expanduser()
    kind, colon, _ = data.partition(":")
    if colon and len(kind) > 1 and not folder.exists():  # one letter is a drive
        require_choice("kind of data", kind, SETS)
    if not ((folder / "images").is_dir() and (folder / masks).is_dir()):
        kinds = [f"{found}:{data}" for found in kinds_like(folder)]
        if kinds:
            raise CutOutError(
                f"{data} has no folders images and {masks}, but the layout of a set: name {' or '.join(kinds)}."
            )


def _warned(source: FileSource) -> DataSource:
    for sentence in source.skipped:
        _warn(sentence)
    return source


@cache  # once for all that open the same split
def _warn(sentence: str) -> None:
    logging.getLogger(__name__).warning("skipped: %s", sentence)
