"""Import of annotations that other tools wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from cutout_rl.annotation.formats import Shape
from cutout_rl.data.left_out import Tally
from cutout_rl.game.strokes import LABELLED_INSIDE
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import import_formats
from cutout_rl.web.app_state import AppState
from cutout_rl.web.classes import Classes
from cutout_rl.web.edits import MAX_EDITS, Pixels
from cutout_rl.web.folder_changes import Replacement
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.import_formats import ImportedLabels, LeaveOut, category_ids
from cutout_rl.web.objects import MAX_OBJECTS, ImageRecord, ObjectInfo, take_number, without_empty

MAX_IMPORTED: Final = 10_000  # objects per file
_OF_ONE_IMAGE: Final[dict[str, Callable[[bytes, str, Shape], Iterator[ImportedLabels]]]] = {
    "mask": import_formats.decode_mask_labels,
    "objects": import_formats.decode_object_labels,
    "classes": import_formats.decode_class_labels,
    "scribbles": import_formats.decode_scribble_labels,
}
_OF_NAMED_IMAGES: Final[dict[str, Callable[[bytes, Mapping[str, Shape], LeaveOut], Iterator[ImportedLabels]]]] = {
    "coco": import_formats.decode_coco_labels,
    "via-json": import_formats.decode_via_json_labels,
    "via-csv": import_formats.decode_via_csv_labels,
    "labelme": import_formats.decode_labelme_labels,
    "yolo": import_formats.decode_yolo_labels,
}
IMPORT_KINDS: Final = (*_OF_ONE_IMAGE, *_OF_NAMED_IMAGES)
_MOST_NAMED: Final = 3
_Imported = tuple[Pixels, str | int | None]  # the labels of an object and its class


class ImportedImages(list[str]):
    """The names of the changed images.

    Attributes:
        left_out: what the file holds besides, such as "1 box without a mask (annotation 2)"; empty if nothing.
        turned: those images that EXIF data turns, and whose size does not tell how the annotations lie.
        overlapping: those images in which objects overlap although a pixel has one object only.
        change: of the folder, to be undone.
    """

    def __init__(
        self, change: Replacement, left_out: str = "", turned: Iterable[str] = (), overlapping: Iterable[str] = ()
    ) -> None:
        """Store the names."""
        super().__init__(change.names)
        self.change = change
        self.left_out = left_out
        self.turned = tuple(turned)
        self.overlapping = tuple(overlapping)

    @property
    def note(self) -> str:
        """What the user should know about the import, in sentences; empty if nothing."""
        sentences = []
        if self.left_out:
            sentences.append(f"Left out: {self.left_out}.")
        if self.turned:
            sentences.append(f"{_listed(self.turned)}: turned by EXIF data; the annotations were taken for upright.")
        if self.overlapping:
            sentences.append(
                f"{_listed(self.overlapping)}: objects overlap, and the upper one in the list has the pixels; allow"
                " overlap in Classes to keep both."
            )
        return " ".join(sentences)


def import_annotations(
    app_state: AppState, kind: str, name: str, data: bytes, number: int | None = None
) -> ImportedImages:
    """Apply the annotations in a file to the images, in place of earlier imports.

    Scribbles label the pixels that they cover. A mask labels every pixel that is not void, so that the cut returns the
    same mask. Objects are added above those that have strokes; a single one is added to the only object of its image.
    Classes that do not exist are added, of COCO with their ids. If anything in the file is invalid, nothing changes;
    boxes without masks, and lines, are left out and counted.

    Args:
        app_state: holds the images.
        kind: "mask" (black and white), "objects" (numbers), "classes" (class numbers; 0 is the background and 255 void)
            or "scribbles" (0, 1 and 2) of one image; "coco", "via-json", "via-csv", "labelme" or "yolo", which name
            their images.
        name: of the image, for the first four kinds.
        data: the file.
        number: of the object that a mask or scribbles are for; by default the first one.

    Raises:
        CutOutError: there is no such kind or image, the file is invalid, or an image has too many objects or edits.
    """
    tally = Tally()
    if kind in _OF_ONE_IMAGE:
        found = _OF_ONE_IMAGE[kind](data, name, app_state.images.shape(name))
    elif kind in _OF_NAMED_IMAGES:
        found = _OF_NAMED_IMAGES[kind](data, _Shapes(app_state.images), tally.add)
    else:
        raise CutOutError(f"There is no format {kind[:40]!r} to import; choose from: {', '.join(IMPORT_KINDS)}.")
    imported = _collect(found, tally)
    wanted = category_ids(kind, data)
    storage = app_state.storage
    with storage.lock:
        classes_before = storage.classes.load()
        classes = classes_before.with_names(
            {
                category: wanted.get(category)
                for objects in imported.values()
                for _, category in objects
                if isinstance(category, str)
            }
        )
        ids = classes.ids()
        earlier: dict[str, ImageRecord | None] = {}
        records = {}
        for image, objects in imported.items():
            earlier[image] = storage.find(image, objects[0][0].size)
            target = number if kind in ("mask", "scribbles") else None
            numbered = [
                (pixels, ids[category] if isinstance(category, str) else category) for pixels, category in objects
            ]
            records[image] = _merged(earlier[image] or storage.untouched(), numbered, target, classes)
            if len(records[image].tagged) > MAX_EDITS or len(records[image].objects) > MAX_OBJECTS:
                raise CutOutError(
                    f"{image} can have at most {MAX_EDITS} strokes and {MAX_OBJECTS} objects; undo some, or split the"
                    " file."
                )
        storage.classes.save(classes)
        for image, record in records.items():
            storage.save(image, imported[image][0][0].size, record)
    overlapping = () if classes.overlap else [image for image, objects in imported.items() if _overlap(objects)]
    change = Replacement("The import", earlier, records, (classes_before, classes))
    return ImportedImages(change, str(tally), filter(app_state.images.frame_is_unknown, records), overlapping)


def _collect(found: Iterator[ImportedLabels], tally: Tally) -> dict[str, list[_Imported]]:
    """Encode the objects by image; as PNG, because the masks of many images may not fit into memory."""
    imported: dict[str, list[_Imported]] = {}
    for count, each in enumerate(found):
        if count >= MAX_IMPORTED:
            raise CutOutError(f"The file holds more than {MAX_IMPORTED} objects; split it.")
        imported.setdefault(each.image, []).append((Pixels.of(each.labels), each.category))
    if not imported:
        left_out = f"; left out: {tally}" if str(tally) else ""
        raise CutOutError(f"The file holds no objects with masks{left_out}; export it with masks.")
    return imported


def _merged(
    record: ImageRecord, imported: list[tuple[Pixels, int | None]], target: int | None, classes: Classes
) -> ImageRecord:
    """Return a record with imported objects and their classes in place of earlier imports."""
    if target is not None and target not in (info.number for info in record.objects):
        target = None
    if target is not None:
        kept = tuple(each for each in record.tagged if each[0] != target or not isinstance(each[1], Pixels))
        return ImageRecord(record.objects, (*kept, (target, imported[0][0])))
    kept = tuple(each for each in record.tagged if not isinstance(each[1], Pixels))
    objects = without_empty(record.objects, (owner for owner, _ in kept))
    default = classes.classes[0].id
    first, category = objects[0], imported[0][1]
    if len(imported) == len(objects) == 1 and (not kept or category in (None, default, first.category)):
        info = first if category is None else ObjectInfo(first.number, category, first.name)
        return ImageRecord((info,), (*kept, (first.number, imported[0][0])))
    if not kept:
        objects = ()
    used = {info.number for info in objects}
    new = [
        (ObjectInfo(take_number(used), default if category is None else category), pixels)
        for pixels, category in imported
    ]
    tagged = (*kept, *((info.number, pixels) for info, pixels in new))
    return ImageRecord((*(info for info, _ in new), *objects), tagged)


def _overlap(objects: list[_Imported]) -> bool:
    """Return whether a pixel is inside two objects."""
    taken = np.zeros(objects[0][0].size, np.bool_)
    for pixels, _ in objects if len(objects) > 1 else ():
        inside = pixels.labels() == LABELLED_INSIDE
        if (taken & inside).any():
            return True
        taken |= inside
    return False


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


class _Shapes(Mapping[str, Shape]):
    """Height and width of the images, read from their headers on access."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._names = dict.fromkeys(images.names())

    def __getitem__(self, name: str) -> Shape:
        if name not in self._names:
            raise KeyError(name)
        return self._images.shape(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
