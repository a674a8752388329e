"""CSV and JSON files of the VGG Image Annotator (VIA) 2 (Dutta and Zisserman, ACM MM 2019)."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.formats.annotation import OBJECT, Annotation
from cutout_rl.data.formats.coco import refuse_left_out
from cutout_rl.data.formats.curves import ellipse, rectangle
from cutout_rl.data.formats.image_names import KnownImages, image_path
from cutout_rl.data.formats.json_file import reading
from cutout_rl.data.formats.polygons import as_corners, as_numbers, fill, polygons_of
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import LeftOut
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import MAX_BYTES, parse_json, text_of

_COLUMNS: Final = (
    *("filename", "file_size", "file_attributes", "region_count", "region_id"),
    *("region_shape_attributes", "region_attributes"),
)
_HEADER_BYTES: Final = 4096  # in which VIA 3 describes its columns
_CSV, _JSON = "The VIA CSV file", "The VIA JSON file"
Region = dict[str, Any]
"""A region as parsed from JSON, with `shape_attributes` and `region_attributes`."""
Regions = dict[str, list[Region]]
"""The regions of each image, by the name in the file."""
_LINES: Final = ("polyline", "point")


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


def decode_via_json(
    data: bytes, shapes: Mapping[str, Shape], leave_out: Callable[[LeftOut], None] = refuse_left_out
) -> Iterator[Annotation]:
    """Yield the annotations of a VIA JSON export or project, each mask drawn on demand.

    Regions are polygons, rectangles, circles and ellipses. Each is an object, but for the regions that our own exports
    number as parts of one; see `objects_of`.

    Args:
        data: the file.
        shapes: height and width of every known image, turned upright, by file name.
        leave_out: is called for regions that enclose nothing, such as polylines; by default it raises.

    Raises:
        CutOutError: the file is damaged, names unknown images, or has a region of an unknown kind, or one that leaves
            its image.
    """
    yield from _annotations(parse_via_json(data), shapes, _JSON, leave_out)


def decode_via_csv(
    data: bytes, shapes: Mapping[str, Shape], leave_out: Callable[[LeftOut], None] = refuse_left_out
) -> Iterator[Annotation]:
    """Yield the annotations of a VIA CSV export; see `decode_via_json`."""
    yield from _annotations(parse_via_csv(data), shapes, _CSV, leave_out)


def parse_via_json(data: bytes) -> Regions:
    """Parse the regions of a VIA JSON export or project; no mask is drawn.

    Raises:
        CutOutError: the file is damaged, or has two images of one name.
    """
    record = parse_json(data, _JSON)
    _require_via_2(record)
    with reading(_JSON):
        images = record.get("_via_img_metadata", record).values()
        # VIA 1 writes regions as a dictionary by number.
        regions: Regions = {}
        sizes: dict[str, object] = {}
        for image in images:
            found = image["regions"]
            found = list(found.values()) if isinstance(found, dict) else list(found)
            name = _name(image["filename"], image.get("size"), sizes, _JSON)
            regions.setdefault(name, []).extend(found)
    return regions


def _require_via_2(record: Any) -> None:
    keys = record.keys() if isinstance(record, dict) else ()
    if {"file", "view", "metadata"} <= set(keys):
        raise CutOutError(f"{_JSON} is of VIA 3, which is not read; export it from VIA 2, or as COCO.")
    if {"images", "annotations"} <= set(keys):
        raise CutOutError(f"{_JSON} is in the format of COCO; read it as coco.")


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
        if header and "CSV_HEADER" in data[:_HEADER_BYTES].decode(errors="replace"):
            raise CutOutError(f"{_CSV} is of VIA 3, which is not read; export it from VIA 2, or as COCO.")
        if tuple(header) != _COLUMNS:
            raise ValueError(f"its columns are not {', '.join(_COLUMNS)}")
        regions: Regions = {}
        sizes: dict[str, object] = {}
        for row in filter(None, rows):
            entry = dict(zip(_COLUMNS, row, strict=True))
            found = regions.setdefault(_name(entry["filename"], entry["file_size"], sizes, _CSV), [])
            if entry["region_count"] != "0":
                shape, about = (
                    parse_json(entry[column].encode(), _CSV)
                    for column in ("region_shape_attributes", "region_attributes")
                )
                found.append({"shape_attributes": shape, "region_attributes": about})
    return regions


def _name(name: object, file_size: object, sizes: dict[str, object], what: str) -> str:
    """Return the name of an image with slashes; VIA tells images of one name apart by the size of their files."""
    found = "/".join(image_path(name))
    if sizes.setdefault(found, file_size) != file_size:
        raise CutOutError(f"{what} has two images named {shown(found)}, of different file sizes; rename one.")
    return found


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


def _annotations(
    regions: Regions, shapes: Mapping[str, Shape], what: str, leave_out: Callable[[LeftOut], None]
) -> Iterator[Annotation]:
    known = KnownImages(shapes, what)
    for name, found in regions.items():
        image = known.find(name)
        with reading(f"{what}'s entry for {image}"):
            for number, region in enumerate(found, 1):
                if (line := line_left_out(region, f"{image}, region {number}")) is not None:
                    leave_out(line)
            objects = objects_of(found)
        for parts in objects:
            with reading(f"{what}'s entry for {image}"):
                mask = mask_of_regions(parts, shapes[image])
                category = str(parts[0]["region_attributes"].get("category", OBJECT))
            yield Annotation(image, mask, category)


def line_left_out(region: Region, name: str) -> LeftOut | None:
    """Return the record of a region that encloses nothing, or None if it is another one.

    Raises:
        KeyError, TypeError: the region is damaged.
    """
    attributes = region["shape_attributes"]
    kind = attributes["name"]
    if kind in _LINES:
        return LeftOut(f"{kind}, which encloses nothing", f"{kind}s, which enclose nothing", name)
    if kind == "polygon" and len(attributes["all_points_x"]) == len(attributes["all_points_y"]) < 3:
        return LeftOut("polygon with fewer than 3 corners", "polygons with fewer than 3 corners", name)
    return None


def objects_of(regions: list[Region]) -> list[list[Region]]:
    """Group the regions of an image into objects; regions that enclose nothing are left out.

    Our exports write an object as several polygons with one number in the attribute `object`, beside its `category`.
    Any other region is an object, whatever its attributes: users write classes, or nothing, into `object`.

    Raises:
        KeyError, TypeError, AttributeError: a region is damaged.
    """
    objects: dict[object, list[Region]] = {}
    for number, region in enumerate(regions):
        if line_left_out(region, "") is None:
            attributes = region["region_attributes"]
            part_of = str(attributes.get("object"))
            is_part = part_of.isdecimal() and "category" in attributes
            key = (part_of, str(attributes["category"])) if is_part else number
            objects.setdefault(key, []).append(region)
    return list(objects.values())


def mask_of_regions(regions: list[Region], shape: Shape, clip: bool = False) -> NDArray[np.bool_]:
    """Draw the union of regions.

    Args:
        regions: polygons, rectangles, circles and ellipses.
        shape: height and width of the image.
        clip: clip polygons to the image instead of raising; the others are always clipped.

    Returns:
        (H, W) bool.

    Raises:
        CutOutError: a region is of another kind.
        KeyError, TypeError, ValueError: a region is damaged.
    """
    polygons = [region for region in regions if region["shape_attributes"]["name"] == "polygon"]
    others = [region for region in regions if region["shape_attributes"]["name"] != "polygon"]
    return fill(map(corners_of_region, polygons), shape, clip) | fill(map(corners_of_region, others), shape, clip=True)


def corners_of_region(region: Region) -> NDArray[np.float64]:
    """Return the (N, 2) corners of a region, those of a polygon with 256 corners for circles and ellipses.

    Raises:
        CutOutError: the region is of another kind.
        KeyError, TypeError, ValueError: it is damaged.
    """
    attributes = region["shape_attributes"]

    def numbers(*names: str) -> list[float]:
        found: list[float] = as_numbers([attributes[name] for name in names]).tolist()
        return found

    kind = attributes["name"]
    if kind == "polygon":
        x, y = attributes["all_points_x"], attributes["all_points_y"]
        if len(x) != len(y):
            raise ValueError(f"a polygon has {len(x)} x and {len(y)} y coordinates")
        return as_corners([number for point in zip(x, y, strict=True) for number in point])
    if kind == "rect":
        left, top, width, height = numbers("x", "y", "width", "height")
        return rectangle(left, top, left + width, top + height)
    if kind == "circle":
        x, y, radius = numbers("cx", "cy", "r")
        return ellipse((x, y), (radius, radius))
    if kind == "ellipse":
        x, y, radius_x, radius_y = numbers("cx", "cy", "rx", "ry")
        (angle,) = numbers("theta") if "theta" in attributes else (0.0,)
        return ellipse((x, y), (radius_x, radius_y), angle)
    raise CutOutError(
        f"A region is a {shown(kind)}, which is not read; draw it as polygon, rect, circle or ellipse, or remove it."
    )
