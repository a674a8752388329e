"""Labels of YOLO segmentation (https://docs.ultralytics.com/datasets/segment/), one text file for each image."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Final

import cv2
import numpy as np
import yaml
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
_MOST_SETTINGS: Final = 2**20  # bytes; a thousand classes take a fiftieth, and PyYAML takes seconds for so many
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
            for outline in _outlines_of(annotation.mask):
                shares = ((outline + _OFFSET) / size).ravel().tolist()
                lines.append(f"{number} {' '.join(f'{share:.7f}' for share in shares)}\n")
        yield _name_of(image), "".join(lines).encode()
    names = "".join(f"  {number}: {_quoted(name)}\n" for name, number in numbers.items())
    yield _SETTINGS, f"path: .\ntrain: images\nval: images\nnames:\n{names}".encode()


def _quoted(name: str) -> str:
    """Return a YAML scalar in double quotes; the other styles of PyYAML lose the line break U+0085."""
    return str(yaml.safe_dump(name, default_style='"', allow_unicode=True, width=math.inf)).rstrip("\n")


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
    """Return the class names in a `data.yaml`: a list, or a mapping of the numbers from 0.

    Raises:
        CutOutError: the file has no such names.
    """
    text = text_of(data, _SETTINGS, _MOST_SETTINGS)
    with reading(_SETTINGS):
        names = _value_of(text, "names")
        if isinstance(names, yaml.SequenceNode):
            return [_text_in(name) for name in names.value]
        if not isinstance(names, yaml.MappingNode):
            if _text_in(names):
                raise ValueError("its names are neither a list nor a mapping")
            return []
        numbered = sorted((int(_text_in(number)), _text_in(name)) for number, name in names.value)
        if [number for number, _ in numbered] != list(range(len(numbered))):
            raise ValueError("its names are not numbered from 0")
        return [name for _, name in numbered]


def _value_of(text: str, wanted: str) -> yaml.Node:
    """Return the value under a key of a YAML mapping.

    The file is parsed to nodes, not to values: `yes` and `2024-01-01` remain names, duplicate keys remain visible, and
    aliases cost nothing, because the nodes are shared.

    Raises:
        ValueError: it is no YAML mapping, or has the key not once.
    """
    try:
        root = yaml.compose(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {error}") from None
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it is no YAML mapping")
    found = [value for key, value in root.value if key.value == wanted]
    if len(found) != 1:
        raise ValueError(f"it has {'several' if found else 'no'} {wanted}")
    return found[0]


def _text_in(node: yaml.Node) -> str:
    """Return the text of a YAML scalar.

    Raises:
        ValueError: it is a list or a mapping, or ends in half a character.
    """
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError("one of its names is a list or a mapping")
    # JSON, which is YAML, may escape a character as a surrogate pair; PyYAML does not join the two.
    return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")


def yolo_names(images: Sequence[str]) -> list[str]:
    """Return the names of the files for images."""
    return [*map(_name_of, images), _SETTINGS]


def _outlines_of(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
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
        if holes.any():
            # In the middle of the holes, so that the depth of the recursion is the logarithm of their number.
            across = np.flatnonzero(holes.any(axis=0))
            cut = int(across[len(across) // 2])
            pieces = ((0, part[:, :cut]), (cut, part[:, cut:]))
            found = [outline + np.array([left, 0]) for left, piece in pieces for outline in _outlines_of(piece)]
        else:
            found = [_outline(part)]
        outlines += [outline + np.array([columns.start, rows.start]) for outline in found]
    return outlines


def _outline(part: NDArray[np.bool_]) -> NDArray[np.int64]:
    contours, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = contours[0][:, 0].astype(np.int64)
    return np.concatenate([corners, np.repeat(corners[-1:], max(3 - len(corners), 0), axis=0)])


def _name_of(image: str) -> str:
    return f"labels/{PurePath(image).stem}.txt"
