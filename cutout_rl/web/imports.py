"""Import of annotations that other tools wrote."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import FORMATS, Annotation, Shape, decode_indexed, decode_mask, decode_scribbles
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edits import MAX_EDITS, Pixels
from cutout_rl.web.image_store import ImageStore

MAX_OBJECTS: Final = 10_000  # per file
_OF_ONE_IMAGE: Final[dict[str, Callable[[bytes, Shape], NDArray[np.uint8]]]] = {
    "mask": lambda data, shape: _labels_of(decode_mask(data, shape)),
    "objects": lambda data, shape: _labels_of(decode_indexed(data, shape) > 0),
    "scribbles": decode_scribbles,
}
IMPORT_KINDS: Final = (*_OF_ONE_IMAGE, *(kind for kind in FORMATS if kind != "coco-polygons"))


def import_annotations(app_state: AppState, kind: str, name: str, data: bytes) -> list[str]:
    """Apply the annotations in a file to the images, in place of earlier imports.

    Scribbles label the pixels that they cover. A mask labels every pixel, so that the cut returns the same mask.
    Several objects of one image are merged. If anything in the file is invalid, nothing changes.

    Args:
        app_state: holds the images.
        kind: "mask" (black and white PNG), "objects" (PNG of numbers) or "scribbles" (PNG of 0, 1 and 2) of one image;
            "coco", "via-json" or "via-csv", which name their images.
        name: of the image, for the first three kinds.
        data: the file.

    Returns:
        The names of the changed images.

    Raises:
        CutOutError: there is no such kind or image, the file is invalid, or an image has too many edits.
    """
    if kind in _OF_ONE_IMAGE:
        height, width = app_state.images.load(name).shape[:2]
        pixels = {name: Pixels.of(_OF_ONE_IMAGE[kind](data, (height, width)))}
    elif kind in IMPORT_KINDS:
        pixels = _merge(FORMATS[kind].decode(data, _Shapes(app_state.images)))
    else:
        raise CutOutError(f"There is no format {kind[:40]!r} to import; choose from: {', '.join(IMPORT_KINDS)}.")
    edits = {}
    for image, imported in pixels.items():
        before = [edit for edit in app_state.storage.load_edits(image, imported.size) if not isinstance(edit, Pixels)]
        if len(before) >= MAX_EDITS:
            raise CutOutError(f"{image} can have at most {MAX_EDITS} strokes; undo some.")
        edits[image] = [*before, imported]
    for image, new in edits.items():
        app_state.storage.save_edits(image, pixels[image].size, new)
    return list(edits)


class _Shapes(Mapping[str, Shape]):
    """Height and width of the images, read on access."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._names = dict.fromkeys(images.names())

    def __getitem__(self, name: str) -> Shape:
        if name not in self._names:
            raise KeyError(name)
        height, width = self._images.load(name).shape[:2]
        return height, width

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _merge(annotations: Iterator[Annotation]) -> dict[str, Pixels]:
    """Merge the objects of each image."""
    pixels: dict[str, Pixels] = {}
    for annotation in islice(annotations, MAX_OBJECTS):
        mask = annotation.mask
        if before := pixels.get(annotation.image):
            mask = mask | (before.labels() == LABELLED_INSIDE)
        # Stored as PNG, because the masks of many images may not fit into memory.
        pixels[annotation.image] = Pixels.of(_labels_of(mask))
    if next(annotations, None) is not None:
        raise CutOutError(f"The file holds more than {MAX_OBJECTS} objects; split it.")
    if not pixels:
        raise CutOutError("The file holds no objects; export it with objects.")
    return pixels


def _labels_of(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(mask, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)
