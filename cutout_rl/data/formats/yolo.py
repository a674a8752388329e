"""Labels of YOLO segmentation (https://docs.ultralytics.com/datasets/segment/), one text file for each image."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, takewhile
from pathlib import PurePath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cutout_rl.data.formats.annotation import Annotation
from cutout_rl.data.formats.coco import refuse_left_out
from cutout_rl.data.formats.json_file import reading
from cutout_rl.data.formats.polygons import as_corners
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import LeftOut
from cutout_rl.utils.untrusted_file import text_of

_SETTINGS: Final = "data.yaml"
_OFFSET: Final = 0.25
_BOX: Final = 4  # numbers of a line: centre, width and height
_FEWEST_CORNERS: Final = 3
_ROUNDING: Final = 1e-4  # by which other tools leave the image
_TOUCHING: Final = np.ones((3, 3), np.bool_)


def encode_yolo(
    annotations: Iterable[Annotation], folder: str = "", classes: Iterable[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of `labels/STEM.txt` for each image, and last of `data.yaml`.

    A line is a class and the corners of a polygon, as shares of width and height. An object with several parts, or with
    holes, is several lines, because a line cannot hold them: all pixels are kept, but not that they are one object. The
    corners are pixels of the outline, which readers draw too, by `cv2.fillPoly`: a quarter of a pixel is added, so that
    readers that round and readers that cut off find the same pixel.

    Args:
        annotations: those of an image are consecutive.
        folder: of the images, which YOLO does not name: it looks for `images` beside `labels`.
        classes: names of the classes that are numbered first, from 0, and listed even if no object has them.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    for image, found in groupby(annotations, key=lambda annotation: annotation.image):
        lines = []
        for annotation in found:
            number = numbers.setdefault(annotation.category, len(numbers))
            size = annotation.mask.shape[::-1]
            for outline in outlines_of(annotation.mask):
                shares = ((outline + _OFFSET) / size).ravel().tolist()
                lines.append(f"{number} {' '.join(f'{share:.7f}' for share in shares)}\n")
        yield _name_of(image), "".join(lines).encode()
    names = "".join(f"  {number}: {json.dumps(name)}\n" for name, number in numbers.items())
    yield _SETTINGS, f"path: .\ntrain: images\nval: images\nnames:\n{names}".encode()


def decode_yolo(
    data: bytes, image: str, shape: Shape, names: Sequence[str], leave_out: Callable[[LeftOut], None] = refuse_left_out
) -> Iterator[Annotation]:
    """Yield the annotations of a YOLO segmentation label file, each polygon drawn on demand, as YOLO draws it.

    Args:
        data: the file.
        image: file name of its image.
        shape: height and width of the image.
        names: of the classes; others are called by their number.
        leave_out: is called for boxes; by default it raises.

    Raises:
        CutOutError: the file is damaged, or a polygon leaves the image.
    """
    what = f"The YOLO labels of {image}"
    for number, line in enumerate(text_of(data, what).splitlines(), 1):
        if not line.strip():
            continue
        with reading(f"Line {number} of {what[0].lower()}{what[1:]}"):
            first, *shares = line.split()
            category = int(first)
            if category < 0:
                raise ValueError("its class is negative")
            if len(shares) == _BOX:
                leave_out(LeftOut("box without a mask", "boxes without a mask", f"{image}, line {number}"))
                continue
            corners = as_corners([float(share) for share in shares])
            if len(corners) < _FEWEST_CORNERS:
                raise ValueError(f"its polygon has {len(corners)} corners")
            if not (corners.min() >= -_ROUNDING and corners.max() <= 1 + _ROUNDING):  # false for NaN too
                raise ValueError("its polygon leaves the image")
            mask = np.zeros(shape, np.uint8)
            last = np.array(shape[::-1]) - 1
            pixels = np.clip((corners * shape[::-1]).astype(np.int32), 0, last).astype(np.int32)
            cv2.fillPoly(mask, [pixels], 1)
        yield Annotation(image, mask.view(np.bool_), names[category] if category < len(names) else str(category))


def decode_yolo_names(data: bytes) -> list[str]:
    """Return the class names in a `data.yaml`: a list or a mapping by number, in block or flow style.

    Raises:
        CutOutError: the file has no such names.
    """
    lines = text_of(data, "data.yaml").splitlines()
    with reading("data.yaml"):
        start = next((place for place, line in enumerate(lines) if line.startswith("names:")), None)
        if start is None:
            raise ValueError("it has no names")
        inline = lines[start].partition(":")[2].split(" #")[0].strip()
        if inline:
            entries = [part.strip() for part in inline.strip("[]{}").split(",") if part.strip()]
        else:
            block = takewhile(lambda line: line[:1] in " -#" or not line, lines[start + 1 :])
            entries = [line.strip().removeprefix("- ") for line in block if line.strip() and line.strip()[0] != "#"]
        numbered = [_numbered(entry) for entry in entries]
        if all(number is not None for number, _ in numbered):
            numbered.sort(key=lambda pair: pair[0] or 0)
            if [number for number, _ in numbered] != list(range(len(numbered))):
                raise ValueError("its names are not numbered from 0")
        return [name for _, name in numbered]


def _numbered(entry: str) -> tuple[int | None, str]:
    """Split `3: "name"` into number and name; the number is None if there is none."""
    number, colon, name = entry.partition(":")
    if colon and number.strip().isdecimal():
        return int(number), _unquoted(name.strip())
    return None, _unquoted(entry)


def _unquoted(name: str) -> str:
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        return str(json.loads(name))
    return name[1:-1].replace("''", "'") if name[:1] == name[-1:] == "'" and len(name) > 1 else name


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
