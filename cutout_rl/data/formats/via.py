"""Annotations as polygons of the VGG Image Annotator 2 (Dutta and Zisserman, ACM MM 2019), in CSV and JSON.

The annotator's own import and export read and write the same.
"""

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
"""A region as JSON has it, with `shape_attributes` and `region_attributes`."""
Regions = dict[str, list[Region]]
"""The regions of each image, by file name."""


def encode_via_json(annotations: Iterable[Annotation], file_sizes: Mapping[str, int]) -> bytes:
    """Write annotations as VIA exports them to JSON.

    An object is one polygon for each part of it without holes; the region attribute `object` numbers the objects of
    an image, and `category` says what they are. An image whose only mask is empty is listed without regions.

    Args:
        annotations: are taken one by one.
        file_sizes: of the image files, in bytes; VIA knows an image by its name and this.
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
    """Write annotations as VIA exports them to CSV; else as `encode_via_json`."""
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
    """Read annotations from VIA's JSON export, or from a VIA project; each mask is drawn when it is asked for.

    Regions of one image with the same region attribute `object` are one object, any other is one by itself.

    Args:
        data: the file.
        shapes: height and width of every image that is here, turned upright, by file name.

    Raises:
        CutOutError: the file is damaged, names images that are not here, or has a region that is no polygon or leaves
            its image.
    """
    yield from _annotations(parse_via_json(data), shapes, _JSON)


def decode_via_csv(data: bytes, shapes: Mapping[str, Shape]) -> Iterator[Annotation]:
    """Read annotations from VIA's CSV export; else as `decode_via_json`."""
    yield from _annotations(parse_via_csv(data), shapes, _CSV)


def parse_via_json(data: bytes) -> Regions:
    """Read the regions of VIA's JSON export, or of a VIA project; nothing is drawn.

    Raises:
        CutOutError: the file is damaged.
    """
    record = parse_json(data, _JSON)
    with reading(_JSON):
        images = record.get("_via_img_metadata", record).values()
        # VIA 1 wrote regions as a dictionary by number.
        regions: Regions = {}
        for image in images:
            found = image["regions"]
            found = list(found.values()) if isinstance(found, dict) else list(found)
            regions.setdefault(require_file_name(image["filename"]), []).extend(found)
    return regions


def parse_via_csv(data: bytes) -> Regions:
    """Read the regions of VIA's CSV export; else as `parse_via_json`."""
    # VIA 1.0 began the header with a hash.
    text = text_of(data, _CSV).removeprefix("#")
    # Beside 128 KiB, which the outline of a large object takes; this holds for the whole process.
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
    """Put the regions of an image together that have the same region attribute `object`; others are objects alone.

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
        clip: cut off what lies outside of the image, instead of refusing it.

    Returns:
        (H, W) bool.

    Raises:
        KeyError, TypeError, ValueError: a region is damaged, or no polygon.
    """
    return fill((_corners(region["shape_attributes"]) for region in regions), shape, clip)


def _corners(attributes: dict[str, Any]) -> NDArray[np.float64]:
    if attributes["name"] != "polygon":
        raise ValueError(f"a region is a {shown(attributes['name'])}, but only polygons are read")
    x, y = attributes["all_points_x"], attributes["all_points_y"]
    return as_corners([number for point in zip(x, y, strict=True) for number in point])
