"""Images annotated with the VGG Image Annotator or labelme, one sample per object."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.entry import Entry, Found
from cutout_rl.data.formats.image_names import ImageFinder
from cutout_rl.data.formats.json_file import reading
from cutout_rl.data.formats.labelme import LabelmeFile, corners_of_shape, mask_of_shapes, parse_labelme
from cutout_rl.data.formats.via import (
    Region,
    corners_of_region,
    line_left_out,
    mask_of_regions,
    objects_of,
    parse_via_csv,
    parse_via_json,
)
from cutout_rl.data.image_files import Shape, read_header, upright_shape
from cutout_rl.data.left_out import LeftOut, in_split
from cutout_rl.data.published.dataset_source import DatasetSource, covers_enough, is_large_enough, trimap_of_mask
from cutout_rl.data.published.reasons import other_class, too_small, without_objects
from cutout_rl.data.source import Split
from cutout_rl.data.splits import own_name, split_of
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import read_file

_SUFFIXES: Final = (".csv", ".json")


class ViaSource(DatasetSource):
    """Regions of the VGG Image Annotator 2 (Dutta and Zisserman, ACM MM 2019), its CSV or its JSON export.

    The root is that file, or a folder that contains one such file. Images are beside it or in a folder `images` beside
    it. Polygons, rectangles, circles and ellipses are read; each is a sample, but for the polygons that our own exports
    number as parts of one object. The image's name decides the split, 70 : 15 : 15. `masks` may be the value of a
    region attribute, such as a class.
    """

    kind = "via"
    homepage = "https://www.robots.ox.ac.uk/~vgg/software/via/"
    layouts = (("via_region_data.json",), ("via_region_data.csv",), ("via_project.json",))

    def checks_on_open(self) -> bool:
        """Return True: the images are the user's."""
        return True

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Found]:
        """Yield the objects, image by image, in the order of the file."""
        file = _annotations_of(root)
        data = read_file(file, f"The VIA file {file}")
        regions = parse_via_csv(data) if file.suffix.lower() == ".csv" else parse_via_json(data)
        finder = ImageFinder((file.parent / "images", file.parent))
        for name, found in regions.items():
            path = tuple(name.split("/"))
            own = own_name(path[-1])
            if split_of(own) != split:
                yield from [in_split(split_of(own))] * len(found)
                continue
            if not found:
                yield without_objects(name)
                continue
            image = finder.find(path)
            if image is None:
                yield f"{file} names {name}, which is not in {finder}; add the image, or remove its entry."
                continue
            what = f"The entry for {name} in {file}"
            try:
                shape = self.shape_without_size(image)
                with reading(what):
                    lines = [line_left_out(region, f"{name}, region {n}") for n, region in enumerate(found, 1)]
                    objects = list(enumerate(objects_of(found), 1))
            except CutOutError as error:
                yield str(error)
                continue
            yield from filter(None, lines)
            for number, parts in objects:
                if masks is not None and not any(masks in _values(part) for part in parts):
                    yield other_class(f"{name}, object {number}")
                    continue
                read = partial(_draw_regions, parts, shape, f"{what}, object {number},")
                entry = Entry(f"{own}-{number}", image, f"{file}, {name}, object {number},", read)
                yield _if_large(entry, what, map(corners_of_region, parts), shape)


class LabelmeSource(DatasetSource):
    """Shapes of labelme and X-AnyLabeling, with JSON files anywhere below the root.

    Polygons, rectangles, turned or not, circles and masks are read; lines and points are counted and left out. Shapes
    with the same label and group are one sample. The image's name decides the split, 70 : 15 : 15. `masks` may be a
    label.
    """

    kind = "labelme"
    homepage = "https://github.com/wkentaro/labelme"
    layouts = ()  # JSON beside images may be of any tool

    def checks_on_open(self) -> bool:
        """Return True: the images are the user's."""
        return True

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Found]:
        """Yield the objects, file by file, sorted by path."""
        files = sorted(path for path in root.rglob("*.json") if not path.name.startswith(".") and path.is_file())
        if not files:
            raise CutOutError(f"{root} holds no JSON files; name the folder that labelme saved to, labelme:DIR.")
        for file in files:
            try:
                parsed = parse_labelme(read_file(file, f"The file {file}"), f"The file {file}")
                if parsed is None:
                    yield LeftOut("JSON file of another kind", "JSON files of another kind", file.name)
                    continue
                if (part := split_of(own_name(parsed.image[-1]))) != split:
                    yield from [in_split(part)] * len(parsed.objects)
                    continue
                if not parsed.objects and not parsed.left_out:
                    yield without_objects(file.name)
                    continue
                image = _inside(root, file, parsed.image)
                shape = self._shape_of(image, file, parsed)
            except CutOutError as error:
                yield str(error)
                continue
            yield from parsed.left_out
            name = file.relative_to(root).with_suffix("").as_posix().replace("/", "-")
            for number, (label, shapes) in enumerate(parsed.objects, 1):
                what = f"Object {number} of the file {file}"
                if masks is not None and masks != label:
                    yield other_class(what)
                    continue
                read = partial(_draw_shapes, shapes, shape, what)
                entry = Entry(f"{name}-{number}", image, f"{file}, object {number},", read, parsed.shape)
                has_mask = any(each.get("shape_type") == "mask" for each in shapes)
                yield _if_large(entry, what, None if has_mask else map(corners_of_shape, shapes), shape)

    def _shape_of(self, image: Path, file: Path, parsed: LabelmeFile) -> Shape:
        if parsed.shape is None:
            return self.shape_without_size(image)
        stored, orientation = read_header(image)
        upright = upright_shape(stored, orientation)
        if parsed.shape not in (upright, stored):
            raise CutOutError(
                f"{image} has {upright[1]} x {upright[0]} pixels upright, but {file} states another size; "
                "annotate the image again."
            )
        return parsed.shape


def _annotations_of(root: Path) -> Path:
    if not root.is_dir():
        return root
    files = sorted(path for path in root.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    if len(files) != 1:
        held = f"holds {len(files)} of them" if files else "holds none"
        raise CutOutError(f"A folder of VIA has one CSV or JSON file, but {root} {held}; name the file, via:FILE.")
    return files[0]


def _inside(root: Path, file: Path, path: tuple[str, ...]) -> Path:
    """Return the image that a file names; it must lie below the root."""
    inside = root.resolve()
    for place in dict.fromkeys((path, path[-1:])):
        image = ImageFinder([file.parent.joinpath(*place[:-1])]).find(place[-1:])
        if image is not None and image.resolve().is_relative_to(inside):
            return image
    raise CutOutError(f"{file} names the image {'/'.join(path)!r}, which is not in {root}; add it there.")


def _values(region: Region) -> list[object]:
    attributes: dict[str, Any] = region["region_attributes"]
    return list(attributes.values())


def _if_large(entry: Entry, what: str, polygons: Iterable[NDArray[np.float64]] | None, shape: Shape) -> Found:
    """Return the entry, or why it is left out; without polygons its mask is drawn."""
    try:
        with reading(what):
            is_large = is_large_enough(entry.read_mask()) if polygons is None else covers_enough(list(polygons), shape)
    except CutOutError as error:
        return str(error)
    return entry if is_large else too_small(entry.mask_name.removesuffix(","))


def _draw_regions(regions: list[Region], shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_regions(regions, shape, clip=True))


def _draw_shapes(shapes: list[dict[str, Any]], shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_shapes(shapes, shape))
