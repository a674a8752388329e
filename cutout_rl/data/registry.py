"""Data sources by name: procedural ones, published datasets, folders and those of other packages.

Each source is imported when it is opened.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Final, cast

from cutout_rl.data.frame import Frame
from cutout_rl.data.source import DataSource, Split
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.warn_once import warn_once

FACES: Final = "faces"
MARKERS: Final = "markers"
PROCEDURAL: Final = {
    FACES: "cutout_rl.data.synthetic.faces:FacesSource",
    "objects": "cutout_rl.data.synthetic.objects:ObjectsSource",
    MARKERS: "cutout_rl.data.synthetic.markers:MarkersSource",
    "grids": "cutout_rl.data.synthetic.grids:GridsSource",
}
"""The procedural sources by name, as module:class."""
DATASETS: Final = {
    "via": "cutout_rl.data.published.annotated_images:ViaSource",
    "coco": "cutout_rl.data.published.coco:CocoSource",
    "labelme": "cutout_rl.data.published.annotated_images:LabelmeSource",
    "celebamask": "cutout_rl.data.published.face_parts:CelebAMaskSource",
    "lfw": "cutout_rl.data.published.face_parts:LfwSource",
    "facesynthetics": "cutout_rl.data.published.face_parts:FaceSyntheticsSource",
    "grabcut": "cutout_rl.data.published.single_object:GrabCutSource",
    "berkeley": "cutout_rl.data.published.single_object:BerkeleySource",
    "davis": "cutout_rl.data.published.davis:DavisSource",
    "sbd": "cutout_rl.data.published.voc:SbdSource",
    "voc": "cutout_rl.data.published.voc:VocSource",
    "msra10k": "cutout_rl.data.published.single_object:Msra10kSource",
    "ecssd": "cutout_rl.data.published.single_object:EcssdSource",
    "pet": "cutout_rl.data.published.pet:PetSource",
}
"""The readers of published datasets and annotated images by kind, as module:class."""
SOURCE_GROUP: Final = "cutout_rl.data"


def open_source(
    data: str,
    split: Split,
    image_size: int,
    masks: str | None = None,
    skip_bad: bool = False,
    masks_class: int | None = None,
    masks_frame: Frame = "upright",
) -> DataSource:
    """Open one split of a data source.

    Args:
        data: "faces", "objects", "markers" or "grids" for procedural images; KIND:DIR for a published dataset or
            annotated images, such as "voc:VOCdevkit/VOC2012"; a name registered in the entry-point group
            `cutout_rl.data`, or NAME:DIR if that source takes a folder; otherwise a folder with `images/` and masks.
            An entry point is a callable that takes split, size, masks and, with NAME:DIR, the folder.
        split: "train", "val" or "test".
        image_size: side of the square images, in pixels.
        masks: "head" (default), "face" or "hair" for the faces; "marker" (default) or "presence" for the markers; the
            name of the mask folder ("masks" by default) for a folder; for some datasets a class.
        skip_bad: skip the bad pairs of a folder or dataset and log one warning for each, instead of raising.
        masks_class: the number of the class that is the object, if the masks of a folder number classes.
        masks_frame: the frame of masks and annotations, "upright" or "stored", where EXIF data turns an image and no
            size tells it.

    What a folder or dataset leaves out is logged as a warning, with counts and reasons.

    Raises:
        CutOutError: the split, folder or masks do not exist, or a pair is bad.
    """
    if masks_class is not None and plain_folder(data) is None:
        raise CutOutError(f"masks_class chooses a class of a folder's masks, but {data} is none; leave it out.")
    if data in PROCEDURAL:
        if masks is not None and data not in (FACES, MARKERS):
            raise CutOutError(f"{data} has one kind of masks, not {masks!r}; leave masks out.")
        procedural_class: Callable[..., DataSource] = resolve_name(PROCEDURAL[data])
        return procedural_class(split, image_size, *([masks] if masks else []))
    kind, _, folder = data.partition(":")
    for entry_point in entry_points(group=SOURCE_GROUP, name=kind):
        location = (Path(folder),) if folder else ()
        return cast(DataSource, entry_point.load()(split, image_size, masks, *location))
    if kind in DATASETS:
        if not folder:
            raise CutOutError(f"{kind} is read from a folder of yours; name it, {kind}:DIR.")
        source = resolve_name(DATASETS[kind])(Path(folder), split, image_size, masks, skip_bad, masks_frame)
    else:
        from cutout_rl.data.folder import FolderSource

        _require_plain_folder(data, masks or "masks")
        source = FolderSource(Path(data), split, image_size, masks or "masks", skip_bad, masks_class, masks_frame)
    for problem in source.skipped:
        warn_once(f"skipped: {problem}")
    for note in source.notes:
        warn_once(note)
    return cast(DataSource, source)


def plain_folder(data: str) -> Path | None:
    """Return the folder that a name stands for, or None if it names another kind of source."""
    kind = data.partition(":")[0]
    is_known = data in PROCEDURAL or kind in DATASETS or entry_points(group=SOURCE_GROUP, name=kind)
    return None if is_known else Path(data)


def _require_plain_folder(data: str, masks: str) -> None:
    """Raise if `data` is a misspelt kind, or a folder in the layout of a dataset."""
    folder = Path(data).expanduser()
    kind, colon, _ = data.partition(":")
    if colon and len(kind) > 1 and not folder.exists():  # one letter is a drive
        require_choice("kind of data", kind, DATASETS)
    if not ((folder / "images").is_dir() and (folder / masks).is_dir()):
        names = [f"{kind}:{data}" for kind in DATASETS if resolve_name(DATASETS[kind]).matches(folder)]
        if names:
            raise CutOutError(
                f"{data} has no folders images and {masks}, but the layout of a dataset; name {' or '.join(names)}."
            )
