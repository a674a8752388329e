"""Import of annotations that other tools wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import FORMATS, Annotation, Shape, decode_indexed, decode_labelme, decode_scribbles
from cutout_rl.data.decoding import BACKGROUND, OBJECT, decode_trimap
from cutout_rl.data.left_out import LeftOut, Tally
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edits import MAX_EDITS, Pixels
from cutout_rl.web.image_store import ImageStore

MAX_OBJECTS: Final = 10_000  # per file
_VOID_NUMBER: Final = 255  # in PNG files of object numbers
_OF_ONE_IMAGE: Final[dict[str, Callable[[bytes, Shape], NDArray[np.uint8]]]] = {
    "mask": lambda data, shape: _labels_of_trimap(decode_trimap(data, "The mask", shape)),
    "objects": lambda data, shape: _labels_of_objects(decode_indexed(data, shape)),
    "scribbles": decode_scribbles,
}
_Decode = Callable[[bytes, Mapping[str, Shape], Callable[[LeftOut], None]], Iterator[Annotation]]
_OF_NAMED_IMAGES: Final[dict[str, _Decode]] = {
    **{kind: FORMATS[kind].decode for kind in ("coco", "via-json", "via-csv")},
    "labelme": decode_labelme,
}
IMPORT_KINDS: Final = (*_OF_ONE_IMAGE, *_OF_NAMED_IMAGES)


class ImportedImages(list[str]):
    """The names of the changed images.

    Attributes:
        left_out: what the file holds besides, such as "1 box without a mask (annotation 2)"; empty if nothing.
        turned: those images that EXIF data turns, and whose size does not tell how the annotations lie.
    """

    def __init__(self, names: Iterable[str], left_out: str = "", turned: Iterable[str] = ()) -> None:
        """Store the names."""
        super().__init__(names)
        self.left_out = left_out
        self.turned = tuple(turned)

    @property
    def note(self) -> str:
        """What the user should know about the import, in sentences; empty if nothing."""
        left_out = f"Left out: {self.left_out}." if self.left_out else ""
        turned = (
            f"{', '.join(self.turned)}: turned by EXIF data; the annotations were taken for upright."
            if self.turned
            else ""
        )
        return " ".join(filter(None, (left_out, turned)))


def import_annotations(app_state: AppState, kind: str, name: str, data: bytes) -> ImportedImages:
    """Apply the annotations in a file to the images, in place of earlier imports.

    Scribbles label the pixels that they cover. A mask labels every pixel that is not void, so that the cut returns the
    same mask. If anything in the file is invalid, or an image has several objects, nothing changes; boxes without
    masks, and lines, are left out and counted.

    Args:
        app_state: holds the images.
        kind: "mask" (black and white), "objects" (numbers, one of them beside 0 for the background and 255 for void)
            or "scribbles" (0, 1 and 2) of one image; "coco", "via-json", "via-csv" or "labelme", which name their
            images.
        name: of the image, for the first three kinds.
        data: the file.

    Raises:
        CutOutError: there is no such kind or image, the file is invalid or has several objects of one image, or an
            image has too many edits.
    """
    tally = Tally()
    if kind in _OF_ONE_IMAGE:
        pixels = {name: Pixels.of(_OF_ONE_IMAGE[kind](data, app_state.images.shape(name)))}
    elif kind in _OF_NAMED_IMAGES:
        annotations = _OF_NAMED_IMAGES[kind](data, _Shapes(app_state.images), tally.add)
        pixels = _pixels_of(annotations, tally)
    else:
        raise CutOutError(f"There is no format {kind[:40]!r} to import; choose from: {', '.join(IMPORT_KINDS)}.")
    edits = {}
    with app_state.storage.lock:
        for image, imported in pixels.items():
            stored = app_state.storage.load_edits(image, imported.size)
            before = [edit for edit in stored if not isinstance(edit, Pixels)]
            if len(before) >= MAX_EDITS:
                raise CutOutError(f"{image} can have at most {MAX_EDITS} strokes; undo some.")
            edits[image] = [*before, imported]
        for image, new in edits.items():
            app_state.storage.save_edits(image, pixels[image].size, new)
    return ImportedImages(edits, str(tally), filter(app_state.images.frame_is_unknown, edits))


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


def _pixels_of(annotations: Iterator[Annotation], tally: Tally) -> dict[str, Pixels]:
    """Encode the object of each image."""
    pixels: dict[str, Pixels] = {}
    for annotation in islice(annotations, MAX_OBJECTS):
        if annotation.image in pixels:
            raise CutOutError(_several(f"{annotation.image} has several objects in the file"))
        # Stored as PNG, because the masks of many images may not fit into memory.
        pixels[annotation.image] = Pixels.of(_labels_of(annotation.mask))
    if next(annotations, None) is not None:
        raise CutOutError(f"The file holds more than {MAX_OBJECTS} objects; split it.")
    if not pixels:
        left_out = f"; left out: {tally}" if str(tally) else ""
        raise CutOutError(f"The file holds no objects with masks{left_out}; export it with masks.")
    return pixels


def _several(problem: str) -> str:
    return f"{problem}, but the page keeps one for each image; export one object, or unite them in one mask."


def _labels_of(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(mask, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)


def _labels_of_trimap(trimap: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.select([trimap == OBJECT, trimap == BACKGROUND], [LABELLED_INSIDE, LABELLED_OUTSIDE], 0).astype(np.uint8)


def _labels_of_objects(numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    present = set(np.flatnonzero(np.bincount(numbers.ravel())).tolist()) - {0}
    void = numbers == _VOID_NUMBER if len(present) > 1 else np.zeros_like(numbers, np.bool_)
    if len(present - {_VOID_NUMBER}) > 1:
        raise CutOutError(_several(f"The file numbers {len(present - {_VOID_NUMBER})} objects"))
    labels = _labels_of(numbers > 0)
    labels[void] = 0
    return labels
