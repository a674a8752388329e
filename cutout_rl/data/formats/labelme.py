"""Annotations of labelme (https://github.com/wkentaro/labelme) and X-AnyLabeling, one JSON file for each image."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import PurePath, PureWindowsPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.formats.annotation import Annotation
from cutout_rl.data.formats.coco import refuse_left_out
from cutout_rl.data.formats.curves import ellipse, rectangle
from cutout_rl.data.formats.image_names import KnownImages, image_path
from cutout_rl.data.formats.json_file import as_size, reading
from cutout_rl.data.formats.polygons import as_corners, fill
from cutout_rl.data.image_files import DAMAGE, Shape
from cutout_rl.data.left_out import LeftOut
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import parse_json

_VERSION: Final = "5.5.0"  # whose shapes may be masks
_WHAT: Final = "The labelme file"
_AREAS: Final = ("polygon", "rectangle", "oriented_rectangle", "rotation", "quadrilateral", "circle", "mask")
_LINES: Final = ("line", "linestrip", "point", "points")
_CORNERS_OF: Final = ("polygon", "oriented_rectangle", "rotation", "quadrilateral")


@dataclass(frozen=True)
class LabelmeFile:
    """The content of one labelme file.

    Attributes:
        image: folders and file name of the image, relative to the file.
        shape: height and width, or None if the file does not state them.
        objects: the label and the shapes of each object, as parsed from JSON; a group of shapes is one object.
        left_out: shapes that enclose nothing, such as lines.
    """

    image: tuple[str, ...]
    shape: Shape | None
    objects: list[tuple[str, list[dict[str, Any]]]]
    left_out: list[LeftOut]


def parse_labelme(data: bytes, what: str) -> LabelmeFile | None:
    """Parse a labelme file; no mask is drawn.

    Args:
        data: the file.
        what: the file, as the beginning of a sentence.

    Returns:
        The content, or None if the file is JSON of another kind.

    Raises:
        CutOutError: the file is damaged, or has a shape of an unknown kind.
    """
    record = parse_json(data, what)
    if not isinstance(record, dict) or not record.keys() & {"shapes", "imagePath"}:
        return None
    with reading(what):
        objects: dict[object, tuple[str, list[dict[str, Any]]]] = {}
        left_out: list[LeftOut] = []
        for number, shape in enumerate(record["shapes"], 1):
            label, group = str(shape["label"]), shape.get("group_id")
            if (line := _line_left_out(shape, f"shape {number} of {what[0].lower()}{what[1:]}")) is not None:
                left_out.append(line)
                continue
            key = ("alone", number) if group is None else (label, str(group))
            objects.setdefault(key, (label, []))[1].append(shape)
        height, width = as_size(record.get("imageHeight")), as_size(record.get("imageWidth"))
        size = (height, width) if height and width else None
        return LabelmeFile(_image_path(record["imagePath"]), size, list(objects.values()), left_out)


def encode_labelme(annotations: Iterable[Annotation], folder: str = "") -> bytes:
    """Encode the annotations of one image as a labelme file, each mask as a shape of the kind `mask`, pixel by pixel.

    Args:
        annotations: at least one, of one image and one size.
        folder: the image's, relative to that of the file, with slashes; by default the same.
    """
    found = list(annotations)
    height, width = found[0].mask.shape
    record = {
        "version": _VERSION,
        "flags": {},
        "shapes": [_shape_of(annotation) for annotation in found if annotation.mask.any()],
        "imagePath": f"{folder}/{found[0].image}" if folder else found[0].image,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
    return json.dumps(record).encode()


def encode_labelme_files(annotations: Iterable[Annotation], folder: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of a labelme file for each image; see `encode_labelme`.

    Args:
        annotations: those of an image are consecutive.
        folder: that of the images, relative to that of the files.
    """
    for image, found in groupby(annotations, key=lambda annotation: annotation.image):
        yield _name_of(image), encode_labelme(found, folder)


def labelme_names(images: Sequence[str]) -> list[str]:
    """Return the names of the labelme files of images."""
    return [_name_of(image) for image in images]


def _name_of(image: str) -> str:
    return f"{PurePath(image).stem}.json"


def _shape_of(annotation: Annotation) -> dict[str, Any]:
    rows, columns = (np.flatnonzero(annotation.mask.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = (int(each) for each in (rows[0], rows[-1], columns[0], columns[-1]))
    buffer = BytesIO()
    Image.fromarray(annotation.mask[top : bottom + 1, left : right + 1]).save(buffer, format="PNG")
    return {
        "label": annotation.category,
        "points": [[left, top], [right, bottom]],
        "group_id": None,
        "description": "",
        "shape_type": "mask",
        "flags": {},
        "mask": base64.b64encode(buffer.getvalue()).decode(),
    }


def decode_labelme(
    data: bytes, shapes: Mapping[str, Shape], leave_out: Callable[[LeftOut], None] = refuse_left_out
) -> Iterator[Annotation]:
    """Yield the annotations of a labelme file, which has one image, each mask drawn on demand.

    Args:
        data: the file.
        shapes: height and width of every known image, turned upright, by file name.
        leave_out: is called for shapes that enclose nothing, such as lines; by default it raises.

    Raises:
        CutOutError: the file is damaged, names an unknown image or one of another size, or has a shape of an unknown
            kind.
    """
    parsed = parse_labelme(data, _WHAT)
    if parsed is None:
        raise CutOutError(f"{_WHAT} is JSON of another kind; save it with labelme or X-AnyLabeling.")
    image = KnownImages(shapes, _WHAT).find(parsed.image[-1])
    shape = shapes[image]
    if parsed.shape not in (None, shape):
        raise CutOutError(
            f"{_WHAT} gives {image} another size than its {shape[1]} x {shape[0]} pixels; annotate the image again."
        )
    for left_out in parsed.left_out:
        leave_out(left_out)
    for number, (label, parts) in enumerate(parsed.objects, 1):
        with reading(f"Object {number} of the labelme file"):
            mask = mask_of_shapes(parts, shape)
        yield Annotation(image, mask, label)


def _image_path(name: object) -> tuple[str, ...]:
    """Return the path of an image relative to its file; of an absolute path of another computer, the last part."""
    if not isinstance(name, str):
        raise TypeError(f"{shown(name)} is no path of an image")
    path = PureWindowsPath(name)  # its slashes may be of either kind
    if path.is_absolute() or path.root or path.drive:
        return image_path(path.name)
    parents = sum(part == ".." for part in path.parts)
    return (*path.parts[:parents], *image_path("/".join(path.parts[parents:])))


def _line_left_out(shape: dict[str, Any], name: str) -> LeftOut | None:
    kind = shape.get("shape_type", "polygon")
    if kind in _LINES:
        return LeftOut(f"{kind}, which encloses nothing", f"{kind} shapes, which enclose nothing", name)
    if kind not in _AREAS:
        raise CutOutError(f"S{name[1:]} is a {shown(kind)}, which is not read; draw it as a polygon, or remove it.")
    if kind in _CORNERS_OF and len(shape["points"]) < 3:
        return LeftOut(f"{kind} with fewer than 3 corners", f"{kind} shapes with fewer than 3 corners", name)
    return None


def mask_of_shapes(shapes: list[dict[str, Any]], shape: Shape) -> NDArray[np.bool_]:
    """Draw the union of shapes, clipped to the image.

    Args:
        shapes: polygons, rectangles, turned or not, circles and masks.
        shape: height and width of the image.

    Returns:
        (H, W) bool.

    Raises:
        KeyError, TypeError, ValueError: a shape is damaged.
    """
    drawn = fill((corners_of_shape(each) for each in shapes if each.get("shape_type") != "mask"), shape, clip=True)
    for each in shapes:
        if each.get("shape_type") == "mask":
            _paste(drawn, each)
    return drawn


def corners_of_shape(shape: dict[str, Any]) -> NDArray[np.float64]:
    """Return the (N, 2) corners of a shape that is no mask, those of a polygon with 256 corners for circles.

    Raises:
        KeyError, TypeError, ValueError: the shape is damaged.
    """
    corners = as_corners([number for point in shape["points"] for number in point])
    kind = shape.get("shape_type", "polygon")
    if kind == "rectangle" and len(corners) == 2:
        return rectangle(*corners.ravel().tolist())
    if kind == "circle":
        if len(corners) != 2:
            raise ValueError(f"a circle has {len(corners)} points, but needs its centre and one point on it")
        centre, edge = corners
        radius = float(np.hypot(*(edge - centre)))
        return ellipse(centre, (radius, radius))
    return corners


def _paste(drawn: NDArray[np.bool_], shape: dict[str, Any]) -> None:
    """Draw a mask shape: a base64 PNG of the size of its bounding box."""
    try:
        with Image.open(BytesIO(base64.b64decode(shape["mask"])), formats=("PNG",)) as image:
            if image.width > drawn.shape[1] + 1 or image.height > drawn.shape[0] + 1:
                raise ValueError("a mask is larger than its image")
            patch = np.asarray(image.convert("L")) > 0
    except (*DAMAGE, binascii.Error) as error:
        raise ValueError(f"a mask cannot be read: {shown(str(error))}") from None
    left, top = (round(number) for number in as_corners(shape["points"][0])[0].tolist())
    rows, columns = (
        slice(max(first, 0), max(min(first + length, size), 0))
        for first, length, size in zip((top, left), patch.shape, drawn.shape, strict=True)
    )
    drawn[rows, columns] |= patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
