"""Annotations as COCO JSON (Lin et al., ECCV 2014), the standard format of instance segmentation."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.annotation import Annotation, Shape, require_image
from cutout_rl.data.formats.json_file import parse_json, reading, require_int
from cutout_rl.data.formats.polygons import as_corners, fill, polygons_of
from cutout_rl.data.formats.run_lengths import from_text, mask_of, run_lengths, to_text
from cutout_rl.utils.errors import CutOutError

_WHAT: Final = "The COCO file"


def encode_coco(annotations: Iterable[Annotation], polygons: bool = False) -> bytes:
    """Encode annotations as a COCO file.

    An image whose only mask is empty is listed without annotations, so `decode_coco` yields nothing for it.

    Args:
        annotations: consumed one by one; the masks of one image have one size.
        polygons: write polygons, which tools can edit, instead of run lengths. They decode to the same mask; an object
            with holes is split into several polygons without holes.

    Raises:
        CutOutError: the masks of one image differ in size.
    """
    images: dict[str, dict[str, Any]] = {}
    categories: dict[str, int] = {}
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
                    "category_id": categories.setdefault(annotation.category, len(categories) + 1),
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
        "categories": [{"id": number, "name": name, "supercategory": ""} for name, number in categories.items()],
        "annotations": written,
    }
    return json.dumps(record).encode()


def decode_coco(data: bytes, shapes: Mapping[str, Shape]) -> Iterator[Annotation]:
    """Yield the annotations of a COCO file in order, each mask decoded on demand.

    Run lengths may be compressed or not; a list of polygons stands for their union.

    Args:
        data: the file.
        shapes: height and width of every known image, turned upright, by file name.

    Raises:
        CutOutError: the file is damaged, names unknown images or images of another size, or an annotation does not
            fit its image.
    """
    record = parse_json(data, _WHAT)
    with reading(_WHAT):
        names: dict[int, str] = {}
        for image in record["images"]:
            height, width = require_image(image["file_name"], shapes, _WHAT)
            if (image["height"], image["width"]) != (height, width):
                raise CutOutError(
                    f"{_WHAT} gives {image['file_name']} another size than its {width} x {height} pixels;"
                    " export it again for this image."
                )
            names[require_int(image["id"])] = image["file_name"]
        categories = {require_int(category["id"]): str(category["name"]) for category in record["categories"]}
        entries = list(record["annotations"])
    for number, entry in enumerate(entries, 1):
        with reading(f"Annotation {number} of the COCO file"):
            name = names[require_int(entry["image_id"])]
            mask = mask_of_segmentation(entry["segmentation"], shapes[name])
            category = categories[require_int(entry["category_id"])]
        yield Annotation(name, mask, category)


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
    if segmentation["size"] != list(shape):
        raise ValueError("its run lengths are for another size")
    counts = segmentation["counts"]
    return mask_of(from_text(counts) if isinstance(counts, str) else [require_int(count) for count in counts], shape)


def _runs(mask: NDArray[np.bool_]) -> dict[str, Any]:
    return {"size": list(mask.shape), "counts": to_text(run_lengths(mask))}


def _outlines(mask: NDArray[np.bool_]) -> list[list[int]]:
    return [polygon.ravel().tolist() for polygon in polygons_of(mask)]


def _box(mask: NDArray[np.bool_]) -> list[int]:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
