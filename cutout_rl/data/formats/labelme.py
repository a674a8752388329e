"""Annotations of labelme (Wada, https://github.com/wkentaro/labelme), one JSON file for each image."""

import base64
import binascii
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.decoding import DAMAGE
from cutout_rl.data.formats.annotation import Shape, shown
from cutout_rl.data.formats.json_file import parse_json, reading
from cutout_rl.data.formats.polygons import as_corners, fill

_AREAS: Final = ("polygon", "rectangle", "oriented_rectangle", "circle", "mask")  # lines and points enclose nothing
_CIRCLE_CORNERS: Final = 256


@dataclass(frozen=True)
class LabelmeFile:
    """The content of one labelme file.

    Attributes:
        image: path of the image relative to the file, with slashes.
        shape: height and width, or None if the file does not state them.
        objects: the label and the shapes of each object, as parsed from JSON; a group of shapes is one object.
    """

    image: str
    shape: Shape | None
    objects: list[tuple[str, list[dict[str, Any]]]]


def parse_labelme(data: bytes, what: str) -> LabelmeFile:
    """Parse a labelme file; no mask is drawn.

    Args:
        data: the file.
        what: the file, as the beginning of a sentence.

    Raises:
        CutOutError: the file is damaged.
    """
    record = parse_json(data, what)
    with reading(what):
        objects: dict[object, tuple[str, list[dict[str, Any]]]] = {}
        for number, shape in enumerate(record["shapes"]):
            if shape.get("shape_type", "polygon") in _AREAS:
                label, group = str(shape["label"]), shape.get("group_id")
                key = ("alone", number) if group is None else (label, str(group))
                objects.setdefault(key, (label, []))[1].append(shape)
        height, width = record.get("imageHeight"), record.get("imageWidth")
        size = (int(height), int(width)) if height and width else None
        return LabelmeFile(str(record["imagePath"]).replace("\\", "/"), size, list(objects.values()))


def mask_of_shapes(shapes: list[dict[str, Any]], shape: Shape) -> NDArray[np.bool_]:
    """Draw the union of shapes, clipped to the image.

    Args:
        shapes: polygons, rectangles, circles and masks.
        shape: height and width of the image.

    Returns:
        (H, W) bool.

    Raises:
        KeyError, TypeError, ValueError: a shape is damaged.
    """
    drawn = fill((_corners(each) for each in shapes if each.get("shape_type") != "mask"), shape, clip=True)
    for each in shapes:
        if each.get("shape_type") == "mask":
            _paste(drawn, each)
    return drawn


def _corners(shape: dict[str, Any]) -> NDArray[np.float64]:
    corners = as_corners([number for point in shape["points"] for number in point])
    kind = shape.get("shape_type", "polygon")
    if kind == "rectangle" and len(corners) == 2:
        (left, top), (right, bottom) = corners
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    if kind == "circle":
        if len(corners) != 2:
            raise ValueError(f"a circle has {len(corners)} points, but needs its centre and one point on it")
        centre, edge = corners
        angles = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)
        return np.asarray(centre + np.hypot(*(edge - centre)) * np.stack([np.cos(angles), np.sin(angles)], axis=1))
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
