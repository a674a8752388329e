"""The formats that the page imports: what a file says about objects, before it is applied to the images."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import (
    FORMATS,
    Annotation,
    Shape,
    coco_categories,
    decode_indexed,
    decode_labelme,
    decode_scribbles,
    decode_yolo,
    decode_yolo_names,
)
from cutout_rl.data.decoding import BACKGROUND, OBJECT, decode_trimap
from cutout_rl.data.left_out import LeftOut
from cutout_rl.data.splits import normalised
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.archives import is_archive, unpack

_VOID_NUMBER: Final = 255  # in PNG files of numbers
LeaveOut = Callable[[LeftOut], None]


@dataclass(frozen=True, eq=False)
class ImportedLabels:
    """The labels of one object.

    Attributes:
        image: file name of the image.
        labels: (H, W) uint8: 0 none, 1 inside, 2 outside.
        category: name of the class, its number, or None if the format has no classes.
    """

    image: str
    labels: NDArray[np.uint8]
    category: str | int | None


def decode_mask_labels(data: bytes, image: str, shape: Shape) -> Iterator[ImportedLabels]:
    """Yield the object of a black and white mask, of which 128 is void."""
    trimap = decode_trimap(data, "The mask", shape)
    labels = np.select([trimap == OBJECT, trimap == BACKGROUND], [LABELLED_INSIDE, LABELLED_OUTSIDE], 0)
    yield ImportedLabels(image, labels.astype(np.uint8), None)


def decode_scribble_labels(data: bytes, image: str, shape: Shape) -> Iterator[ImportedLabels]:
    """Yield the scribbles of one object."""
    yield ImportedLabels(image, decode_scribbles(data, shape), None)


def decode_object_labels(data: bytes, image: str, shape: Shape) -> Iterator[ImportedLabels]:
    """Yield the objects of a numbered mask; 255 is void if there are other numbers beside it."""
    for _, labels in _by_number(decode_indexed(data, shape)):
        yield ImportedLabels(image, labels, None)


def decode_class_labels(data: bytes, image: str, shape: Shape) -> Iterator[ImportedLabels]:
    """Yield an object for each class of a mask of class numbers; 255 is void if there are other numbers beside it."""
    for number, labels in _by_number(decode_indexed(data, shape)):
        yield ImportedLabels(image, labels, number)


def decode_coco_labels(data: bytes, shapes: Mapping[str, Shape], leave_out: LeaveOut) -> Iterator[ImportedLabels]:
    """Yield the objects of a COCO file."""
    yield from _labels_of(FORMATS["coco"].decode(data, shapes, leave_out))


def decode_via_json_labels(data: bytes, shapes: Mapping[str, Shape], leave_out: LeaveOut) -> Iterator[ImportedLabels]:
    """Yield the objects of a VIA JSON file."""
    yield from _labels_of(FORMATS["via-json"].decode(data, shapes, leave_out))


def decode_via_csv_labels(data: bytes, shapes: Mapping[str, Shape], leave_out: LeaveOut) -> Iterator[ImportedLabels]:
    """Yield the objects of a VIA CSV file."""
    yield from _labels_of(FORMATS["via-csv"].decode(data, shapes, leave_out))


def decode_labelme_labels(data: bytes, shapes: Mapping[str, Shape], leave_out: LeaveOut) -> Iterator[ImportedLabels]:
    """Yield the objects of a labelme file, or of those in a ZIP file."""
    files = unpack(data, (".json",)) if is_archive(data) else {"": data}
    for content in files.values():
        yield from _labels_of(decode_labelme(content, shapes, leave_out))


def decode_yolo_labels(data: bytes, shapes: Mapping[str, Shape], leave_out: LeaveOut) -> Iterator[ImportedLabels]:
    """Yield the objects of YOLO labels: a ZIP file of `data.yaml` and `labels/STEM.txt`.

    Raises:
        CutOutError: it is no ZIP file, or names an image that is unknown, or that shares its stem with another.
    """
    if not is_archive(data):
        raise CutOutError("YOLO labels are imported as a ZIP file of data.yaml and the folder labels.")
    files = unpack(data, (".txt", ".yaml"))
    names = next((decode_yolo_names(content) for name, content in files.items() if name.endswith("data.yaml")), None)
    if names is None:
        raise CutOutError("The archive has no data.yaml, which names the classes; add it.")
    images: dict[str, list[str]] = {}
    for image in shapes:
        images.setdefault(normalised(PurePosixPath(image).stem), []).append(image)
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.suffix != ".txt" or "labels" not in path.parts[:-1]:
            continue
        found = images.get(normalised(path.stem), [])
        if len(found) != 1:
            problem = "belongs to several images" if found else "belongs to no image"
            raise CutOutError(f"{name[:100]} {problem}; labels have the name of their image.")
        yield from _labels_of(decode_yolo(content, found[0], shapes[found[0]], names, leave_out))


def category_ids(kind: str, data: bytes) -> dict[str, int]:
    """Return the ids that a file wants for its classes, by name."""
    return coco_categories(data) if kind == "coco" else {}


def _labels_of(annotations: Iterable[Annotation]) -> Iterator[ImportedLabels]:
    for annotation in annotations:
        labels = np.where(annotation.mask, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)
        yield ImportedLabels(annotation.image, labels, annotation.category)


def _by_number(numbers: NDArray[np.uint8]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    present = [number for number in np.flatnonzero(np.bincount(numbers.ravel())).tolist() if number]
    void = numbers == _VOID_NUMBER if len(present) > 1 else np.zeros(numbers.shape, np.bool_)
    for number in present:
        if number != _VOID_NUMBER or len(present) == 1:
            labels = np.where(numbers == number, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)
            labels[void] = 0
            yield number, labels
    if not present:
        yield 1, np.full(numbers.shape, LABELLED_OUTSIDE, np.uint8)
