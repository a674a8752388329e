"""CSV and JSON files of the VGG Image Annotator (VIA) 2 (Dutta and Zisserman, ACM MM 2019), polygons only."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.annotation import OBJECT, Annotation, Shape, require_file_name, require_image, shown
from cutout_rl.data.formats.json_file import MAX_BYTES, parse_json, reading, text_of
from cutout_rl.data.formats.polygons import as_corners, fill, polygons_of

_COLUMNS: Final = (
    *("filename", "file_size", "file_attributes", "region_count", "region_id"),
    *("region_shape_attributes", "region_attributes"),
)
_CSV, _JSON = "The VIA CSV file", "The VIA JSON file"
Region = dict[str, Any]
"""A region as parsed from JSON, with `shape_attributes` and `region_attributes`."""
Regions = dict[str, list[Region]]
"""The regions of each image, by file name."""


def encode_via_json(annotations: Iterable[Annotation], file_sizes: Mapping[str, int]) -> bytes:
    """Encode annotations as a VIA JSON export.

    An object is one or several polygons without holes. The region attribute `object` numbers the objects of an image,
    and `category` holds their class. An image whose only mask is empty is listed without regions.

    Args:
        annotations: consumed one by one.
        file_sizes: sizes of the image files in bytes; VIA identifies an image by its name and size.
    """
    entries = {
        f"{image}{file_sizes[image]}": {
            "filename": image,
            "size": file_sizes[image],
            "regions": regions,
            "file_attributes": {},
        }
        for image, regions in _regions(annotations).items()
    }
    return json.dumps(entries).encode()


def encode_via_csv(annotations: Iterable[Annotation], file_sizes: Mapping[str, int]) -> bytes:
    """Encode annotations as a VIA CSV export; see `encode_via_json`."""
    rows: list[list[Any]] = []
    for image, regions in _regions(annotations).items():
        begin = [image, file_sizes[image], "{}", len(regions)]
        rows += [
            [*begin, number, json.dumps(region["shape_attributes"]), json.dumps(region["region_attributes"])]
            for number, region in enumerate(regions)
        ] or [[*begin, 0, "{}", "{}"]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *rows])
    return text.getvalue().encode()


def decode_via_json(data: bytes, shapes: Mapping[str, Shape]) -> Iterator[Annotation]:
    """Yield the annotations of a VIA JSON export or project, each mask drawn on demand.

    Regions of one image with the same region attribute `object` form one object; any other region is an object.

    Args:
        data: the file.
        shapes: height and width of every known image, turned upright, by file name.

    Raises:
        CutOutError: the file is damaged, names unknown images, or has a region that is not a polygon or leaves its
            image.
    """
    yield from _annotations(parse_via_json(data), shapes, _JSON)


def decode_via_csv(data: bytes, shapes: Mapping[str, Shape]) -> Iterator[Annotation]:
    """Yield the annotations of a VIA CSV export; see `decode_via_json`."""
    yield from _annotations(parse_via_csv(data), shapes, _CSV)


def parse_via_json(data: bytes) -> Regions:
    """Parse the regions of a VIA JSON export or project; no mask is drawn.

    Raises:
        CutOutError: the file is damaged.
    """
    record = parse_json(data, _JSON)
    with reading(_JSON):
        images = record.get("_via_img_metadata", record).values()
        # VIA 1 writes regions as a dictionary by number.
        regions: Regions = {}
        for image in images:
            found = image["regions"]
            found = list(found.values()) if isinstance(found, dict) else list(found)
            regions.setdefault(require_file_name(image["filename"]), []).extend(found)
    return regions


def parse_via_csv(data: bytes) -> Regions:
    """Parse the regions of a VIA CSV export; see `parse_via_json`."""
    # VIA 1.0 prefixes the header with a hash.
    text = text_of(data, _CSV).removeprefix("#")
    # The outline of a large object exceeds the default limit of 128 KiB. The limit is per process.
    csv.field_size_limit(MAX_BYTES)
    with reading(_CSV):
        try:
            header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        except csv.Error as error:
            raise ValueError(str(error)) from None
        if tuple(header) != _COLUMNS:
            raise ValueError(f"its columns are not {', '.join(_COLUMNS)}")
        regions: Regions = {}
        for row in filter(None, rows):
            entry = dict(zip(_COLUMNS, row, strict=True))
            found = regions.setdefault(require_file_name(entry["filename"]), [])
            if entry["region_count"] != "0":
                shape, about = (
                    parse_json(entry[column].encode(), _CSV)
                    for column in ("region_shape_attributes", "region_attributes")
                )
                found.append({"shape_attributes": shape, "region_attributes": about})
    return regions


def _regions(annotations: Iterable[Annotation]) -> Regions:
    regions: Regions = {}
    counts: dict[str, int] = {}
    for annotation in annotations:
        found = regions.setdefault(annotation.image, [])
        counts[annotation.image] = counts.get(annotation.image, 0) + 1
        for polygon in polygons_of(annotation.mask):
            x, y = polygon.T.tolist()
            found.append(
                {
                    "shape_attributes": {"name": "polygon", "all_points_x": x, "all_points_y": y},
                    "region_attributes": {"category": annotation.category, "object": str(counts[annotation.image])},
                }
            )
    return regions


def _annotations(regions: Regions, shapes: Mapping[str, Shape], what: str) -> Iterator[Annotation]:
    for image, found in regions.items():
        shape = require_image(image, shapes, what)
        with reading(f"{what}'s entry for {image}"):
            objects = objects_of(found)
        for parts in objects:
            with reading(f"{what}'s entry for {image}"):
                mask = mask_of_regions(parts, shape)
                category = str(parts[0]["region_attributes"].get("category", OBJECT))
            yield Annotation(image, mask, category)


def objects_of(regions: list[Region]) -> list[list[Region]]:
    """Group the regions of an image by the region attribute `object`; regions without it are objects of their own.

    Raises:
        KeyError, AttributeError: a region is damaged.
    """
    objects: dict[object, list[Region]] = {}
    for number, region in enumerate(regions):
        group = region["region_attributes"].get("object")
        objects.setdefault(number if group is None else str(group), []).append(region)
    return list(objects.values())


def mask_of_regions(regions: list[Region], shape: Shape, clip: bool = False) -> NDArray[np.bool_]:
    """Draw the union of regions.

    Args:
        regions: polygons.
        shape: height and width of the image.
        clip: clip polygons to the image instead of raising.

    Returns:
        (H, W) bool.

    Raises:
        KeyError, TypeError, ValueError: a region is damaged or not a polygon.
    """
    return fill((_corners(region["shape_attributes"]) for region in regions), shape, clip)


def _corners(attributes: dict[str, Any]) -> NDArray[np.float64]:
    if attributes["name"] != "polygon":
        raise ValueError(f"a region is a {shown(attributes['name'])}, but only polygons are read")
    x, y = attributes["all_points_x"], attributes["all_points_y"]
    return as_corners([number for point in zip(x, y, strict=True) for number in point])
