"""Annotations as COCO JSON (Lin et al., ECCV 2014), the standard format of instance segmentation."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.annotation import Annotation
from cutout_rl.data.formats.image_names import KnownImages
from cutout_rl.data.formats.json_file import as_int, as_key, as_size, objects_of, reading, referenced
from cutout_rl.data.formats.polygons import as_corners, fill, polygons_of
from cutout_rl.data.formats.run_lengths import from_text, mask_of, run_lengths, to_text
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import LeftOut
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import parse_json

_WHAT: Final = "The COCO file"
_FEWEST_NUMBERS: Final = 6  # of a polygon: 3 corners


def encode_coco(
    annotations: Iterable[Annotation], polygons: bool = False, categories: Mapping[str, int] | None = None
) -> bytes:
    """Encode annotations as a COCO file.

    An image whose only mask is empty is listed without annotations, so `decode_coco` yields nothing for it.

    Args:
        annotations: consumed one by one; the masks of one image have one size.
        polygons: write polygons, which tools can edit, instead of run lengths. They decode to the same mask; an object
            with holes is split into several polygons without holes.
        categories: ids of classes by name, which are all listed; others get the next ids. Default: all get ids from 1.

    Raises:
        CutOutError: the masks of one image differ in size.
    """
    images: dict[str, dict[str, Any]] = {}
    ids = dict(categories or {})
    written: list[dict[str, Any]] = []
    for annotation in annotations:
        height, width = annotation.mask.shape
        entry = {"id": len(images) + 1, "file_name": annotation.image, "height": height, "width": width}
        image = images.setdefault(annotation.image, entry)
        if (image["height"], image["width"]) != (height, width):
            raise CutOutError(f"The masks of {annotation.image} differ in size; save them at the size of the image.")
        if annotation.mask.any():
            written.append(
                {
                    "id": len(written) + 1,
                    "image_id": image["id"],
                    "category_id": ids.setdefault(annotation.category, 1 + max(ids.values(), default=0)),
                    "segmentation": _outlines(annotation.mask) if polygons else _runs(annotation.mask),
                    "area": int(np.count_nonzero(annotation.mask)),
                    "bbox": _box(annotation.mask),
                    "iscrowd": 0,
                }
            )
    record = {
        "info": {"description": "Cut out by CutOut-RL"},
        "licenses": [],
        "images": list(images.values()),
        "categories": [{"id": number, "name": name, "supercategory": ""} for name, number in ids.items()],
        "annotations": written,
    }
    return json.dumps(record).encode()


def refuse_left_out(left_out: LeftOut) -> None:
    """Raise a `CutOutError` for something that cannot be read."""
    raise CutOutError(f"The file has 1 {left_out.one} ({left_out.name}), which cannot be read; remove it.")


def decode_coco(
    data: bytes, shapes: Mapping[str, Shape], leave_out: Callable[[LeftOut], None] = refuse_left_out
) -> Iterator[Annotation]:
    """Yield the annotations of a COCO file in order, each mask decoded on demand.

    Run lengths may be compressed or not; a list of polygons stands for their union. Images may be named with folders,
    of which the last part counts.

    Args:
        data: the file.
        shapes: height and width of every known image, turned upright, by file name.
        leave_out: is called for boxes without a mask and for polygons with fewer than 3 corners; by default it raises.

    Raises:
        CutOutError: the file is damaged, names unknown images or images of another size, gives two images one id, or
            an annotation does not fit its image.
    """
    record = parse_json(data, _WHAT)
    known = KnownImages(shapes, _WHAT)
    with reading(_WHAT):
        names: dict[int | str, str] = {}
        for image in objects_of(record, "images"):
            name = known.find(image["file_name"])
            height, width = shapes[name]
            stated = as_size(image.get("height")), as_size(image.get("width"))
            if None not in stated and stated != (height, width):
                raise CutOutError(
                    f"{_WHAT} gives {name} another size than its {width} x {height} pixels;"
                    " export it again for this image."
                )
            if names.setdefault(as_key(image["id"]), name) != name:
                other = names[as_key(image["id"])]
                raise CutOutError(f"{_WHAT} gives {other} and {name} one id; give each image its own.")
        categories = {as_key(category["id"]): str(category["name"]) for category in objects_of(record, "categories")}
        entries = objects_of(record, "annotations")
    for number, entry in enumerate(entries, 1):
        with reading(f"Annotation {number} of the COCO file"):
            name = referenced(names, entry["image_id"], "image")
            category = referenced(categories, entry["category_id"], "category")
            segmentation, degenerate = whole_parts(entry.get("segmentation"))
            for _ in range(degenerate):
                leave_out(part_left_out(f"annotation {number}"))
            if not segmentation:
                if not degenerate:
                    leave_out(box_left_out(f"annotation {number}"))
                continue
            mask = mask_of_segmentation(segmentation, shapes[name])
        yield Annotation(name, mask, category)


def coco_categories(data: bytes) -> dict[str, int]:
    """Return the ids of the categories of a COCO file by name; those whose id is no number are left out.

    Raises:
        CutOutError: the file is damaged.
    """
    record = parse_json(data, _WHAT)
    with reading(_WHAT):
        keys = {str(category["name"]): as_key(category["id"]) for category in objects_of(record, "categories")}
    return {name: key for name, key in keys.items() if isinstance(key, int)}


def box_left_out(name: str) -> LeftOut:
    """Return the record of an annotation that is only a box."""
    return LeftOut("box without a mask", "boxes without a mask", name)


def part_left_out(name: str) -> LeftOut:
    """Return the record of a polygon that encloses nothing."""
    return LeftOut("part with fewer than 3 corners", "parts with fewer than 3 corners", name)


def whole_parts(segmentation: Any) -> tuple[Any, int]:
    """Drop the polygons with fewer than 3 corners from the `segmentation` of an annotation.

    Args:
        segmentation: a list of polygons, one polygon as a list of numbers, run lengths, or None, as parsed from JSON.

    Returns:
        The list of the other polygons, or the run lengths; and how many polygons were dropped.

    Raises:
        TypeError: the value is none of these, or a short polygon holds what is no number.
        ValueError: a short polygon has an odd count of numbers.
    """
    if not isinstance(segmentation, list):
        if segmentation is None or isinstance(segmentation, dict):
            return segmentation, 0
        raise TypeError("a segmentation is neither polygons nor run lengths")
    polygons = [segmentation] if segmentation and not isinstance(segmentation[0], list) else segmentation
    whole = []
    for polygon in polygons:
        if len(polygon) < _FEWEST_NUMBERS:
            as_corners(polygon)  # a damaged one is not merely short
        else:
            whole.append(polygon)
    return whole, len(polygons) - len(whole)


def mask_of_segmentation(segmentation: Any, shape: Shape, clip: bool = False) -> NDArray[np.bool_]:
    """Decode the `segmentation` of an annotation.

    Args:
        segmentation: a list of polygons, or run lengths, as parsed from JSON.
        shape: height and width of the image.
        clip: clip polygons to the image instead of raising.

    Returns:
        (H, W) bool.

    Raises:
        KeyError, TypeError, ValueError: the value is damaged or does not fit the image.
    """
    if isinstance(segmentation, list):
        return fill((as_corners(polygon) for polygon in segmentation), shape, clip)
    if tuple(map(as_int, segmentation["size"])) != tuple(shape):
        raise ValueError("its run lengths are for another size")
    counts = segmentation["counts"]
    return mask_of(from_text(counts) if isinstance(counts, str) else [as_int(count) for count in counts], shape)


def _runs(mask: NDArray[np.bool_]) -> dict[str, Any]:
    return {"size": list(mask.shape), "counts": to_text(run_lengths(mask))}


def _outlines(mask: NDArray[np.bool_]) -> list[list[int]]:
    return [polygon.ravel().tolist() for polygon in polygons_of(mask)]


def _box(mask: NDArray[np.bool_]) -> list[int]:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
