"""Labels of YOLO segmentation (https://docs.ultralytics.com/datasets/segment/), one text file for each image."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cutout_rl.data.formats.annotation import Annotation

_SETTINGS: Final = "data.yaml"
_OFFSET: Final = 0.25
_TOUCHING: Final = np.ones((3, 3), np.bool_)


def encode_yolo(annotations: Iterable[Annotation], folder: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of `labels/STEM.txt` for each image, and last of `data.yaml`.

    A line is a class and the corners of a polygon, as shares of width and height. An object with several parts, or with
    holes, is several lines, because a line cannot hold them: all pixels are kept, but not that they are one object. The
    corners are pixels of the outline, which readers draw too, by `cv2.fillPoly`: a quarter of a pixel is added, so that
    readers that round and readers that cut off find the same pixel.

    Args:
        annotations: those of an image are consecutive.
        folder: of the images, which YOLO does not name: it looks for `images` beside `labels`.
    """
    classes: dict[str, int] = {}
    for image, found in groupby(annotations, key=lambda annotation: annotation.image):
        lines = []
        for annotation in found:
            number = classes.setdefault(annotation.category, len(classes))
            size = annotation.mask.shape[::-1]
            for outline in outlines_of(annotation.mask):
                shares = ((outline + _OFFSET) / size).ravel().tolist()
                lines.append(f"{number} {' '.join(f'{share:.7f}' for share in shares)}\n")
        yield _name_of(image), "".join(lines).encode()
    names = "".join(f"  {number}: {json.dumps(name)}\n" for name, number in classes.items())
    yield _SETTINGS, f"path: .\ntrain: images\nval: images\nnames:\n{names}".encode()


def yolo_names(images: Sequence[str]) -> list[str]:
    """Return the names of the files for images."""
    return [*map(_name_of, images), _SETTINGS]


def outlines_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return polygons through the centres of the pixels at the edges, which `cv2.fillPoly` fills to the mask.

    Each has at least three corners; corners are repeated if necessary. A part with holes is split along vertical lines
    through them.

    Args:
        mask: (H, W) bool.

    Returns:
        (N, 2) int64 arrays of corners (x, y), x in [0, W), y in [0, H).
    """
    outlines = []
    labels, count = ndimage.label(mask, _TOUCHING)
    boxes = ndimage.find_objects(labels)
    for number in range(1, count + 1):
        rows, columns = boxes[number - 1]
        part = labels[rows, columns] == number
        holes = ndimage.binary_fill_holes(part) & ~part
        # Left of the first hole there is none, and right of that line it is open; there may be further ones.
        cut = int(np.flatnonzero(holes.any(axis=0))[0]) if holes.any() else 0
        pieces = [(0, part[:, :cut]), (cut, part[:, cut:])] if cut else []
        found = [outline + np.array([left, 0]) for left, piece in pieces for outline in outlines_of(piece)]
        outlines += [outline + np.array([columns.start, rows.start]) for outline in found or _outline(part)]
    return outlines


def _outline(part: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    contours, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = contours[0][:, 0].astype(np.int64)
    return [np.concatenate([corners, np.repeat(corners[-1:], max(3 - len(corners), 0), axis=0)])]


def _name_of(image: str) -> str:
    return f"labels/{PurePath(image).stem}.txt"
