"""Reading what other tools wrote about images of the album."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import Annotation, Shape, decode_indexed, decode_mask, decode_scribbles
from cutout_rl.data.formats.by_name import FORMATS
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import Desk
from cutout_rl.web.edits import MAX_ACTS, Pixels
from cutout_rl.web.image_store import Album

MAX_OBJECTS: Final = 10_000  # of one file
_OF_ONE: Final[dict[str, Callable[[bytes, Shape], NDArray[np.uint8]]]] = {
    "mask": lambda data, shape: _everywhere(decode_mask(data, shape)),
    "objects": lambda data, shape: _everywhere(decode_indexed(data, shape) > 0),
    "scribbles": decode_scribbles,
}
IMPORT_KINDS: Final = (*_OF_ONE, *(kind for kind in FORMATS if kind != "coco-polygons"))


def import_annotations(desk: Desk, kind: str, name: str, data: bytes) -> list[str]:
    """Lay what a file holds over what was done to the images, in place of what was imported before.

    Scribbles mark the pixels that they cover; a mask marks every pixel, inside or outside, so that the cut gives it
    back. Several objects on one image are one. Nothing is kept where anything in the file does not fit.

    Args:
        desk: whose images the file is about.
        kind: "mask" (black and white PNG), "objects" (PNG of numbers) or "scribbles" (PNG of 0, 1 and 2) of one image;
            "coco", "via-json" or "via-csv", which name their images.
        name: of the image, for what is of one.
        data: the file.

    Returns:
        The names of the images.

    Raises:
        CutOutError: there is no such kind or image, the file does not fit, or an image carries too many strokes.
    """
    if kind in _OF_ONE:
        height, width = desk.album.image(name).shape[:2]
        pixels = {name: Pixels.of(_OF_ONE[kind](data, (height, width)))}
    elif kind in IMPORT_KINDS:
        pixels = _united(FORMATS[kind].decode(data, _Shapes(desk.album)))
    else:
        raise CutOutError(f"There is no format {kind[:40]!r} to import; choose from: {', '.join(IMPORT_KINDS)}.")
    acts = {}
    for image, imported in pixels.items():
        before = [act for act in desk.keeping.load_acts(image, imported.size) if not isinstance(act, Pixels)]
        if len(before) >= MAX_ACTS:
            raise CutOutError(f"No more than {MAX_ACTS} strokes fit on {image}; undo some.")
        acts[image] = [*before, imported]
    for image, done in acts.items():
        desk.keeping.save_acts(image, pixels[image].size, done)
    return list(acts)


class _Shapes(Mapping[str, Shape]):
    """Height and width of the album's images, looked up when they are asked for."""

    def __init__(self, album: Album) -> None:
        self._album = album
        self._names = dict.fromkeys(album.names())

    def __getitem__(self, name: str) -> Shape:
        if name not in self._names:
            raise KeyError(name)
        height, width = self._album.image(name).shape[:2]
        return height, width

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _united(annotations: Iterator[Annotation]) -> dict[str, Pixels]:
    pixels: dict[str, Pixels] = {}
    for annotation in islice(annotations, MAX_OBJECTS):
        mask = annotation.mask
        if before := pixels.get(annotation.image):
            mask = mask | (before.labels() == LABELLED_INSIDE)
        # Kept as PNG, for the masks of a whole album may not fit into memory.
        pixels[annotation.image] = Pixels.of(_everywhere(mask))
    if next(annotations, None) is not None:
        raise CutOutError(f"The file holds more than {MAX_OBJECTS} objects; split it.")
    if not pixels:
        raise CutOutError("The file holds no objects; export them first.")
    return pixels


def _everywhere(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(mask, LABELLED_INSIDE, LABELLED_OUTSIDE).astype(np.uint8)
