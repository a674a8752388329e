"""Images annotated with the VGG Image Annotator or labelme, one sample per object."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.decoding import read_size
from cutout_rl.data.file_source import Entry
from cutout_rl.data.formats.annotation import Shape, shown
from cutout_rl.data.formats.json_file import reading
from cutout_rl.data.formats.labelme import mask_of_shapes, parse_labelme
from cutout_rl.data.formats.via import Region, mask_of_regions, objects_of, parse_via_csv, parse_via_json
from cutout_rl.data.published.dataset_source import DatasetSource, is_large_enough, trimap_of_mask
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_of
from cutout_rl.utils.errors import CutOutError

_SUFFIXES: Final = (".csv", ".json")


class ViaSource(DatasetSource):
    """Polygons of the VGG Image Annotator 2 (Dutta and Zisserman, ACM MM 2019), its CSV or its JSON export.

    The root is that file, or a folder that contains one such file. Images are beside it or in a folder `images` beside
    it. Regions with the same region attribute `object` are one sample. The image's name decides the split,
    70 : 15 : 15. `masks` may be the value of a region attribute, such as a class.
    """

    kind = "via"
    homepage = "https://www.robots.ox.ac.uk/~vgg/software/via/"
    layouts = (("via_region_data.json",), ("via_region_data.csv",), ("via_project.json",))
    checks_on_open = True

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the objects, image by image, in the order of the file."""
        file = _annotations_of(root)
        data = file.read_bytes()
        regions = parse_via_csv(data) if file.suffix.lower() == ".csv" else parse_via_json(data)
        folder = file.parent / "images" if (file.parent / "images").is_dir() else file.parent
        for name, found in regions.items():
            if split_of(Path(name).stem) != split or not found:
                continue
            if not (folder / name).is_file():
                yield f"{file} names {name}, which is not in {folder}; add the image, or remove its entry."
                continue
            what = f"The entry for {name} in {file}"
            try:
                shape = read_size(folder / name)
                with reading(what):
                    objects = list(enumerate(objects_of(found), 1))
            except CutOutError as error:
                yield str(error)
                continue
            for number, parts in objects:
                if masks is None or any(masks in _values(part) for part in parts):
                    read = partial(_draw_regions, parts, shape, f"{what}, object {number},")
                    yield from _if_large(Entry(f"{Path(name).stem}-{number}", folder / name, f"{file}, {name}", read))


class LabelmeSource(DatasetSource):
    """Shapes of labelme, with JSON files anywhere below the root.

    Polygons, rectangles, circles and masks are read; lines and points are ignored. Shapes with the same label and group
    are one sample. The image's name decides the split, 70 : 15 : 15. `masks` may be a label.
    """

    kind = "labelme"
    homepage = "https://github.com/wkentaro/labelme"
    layouts = ()  # JSON beside images may be of any tool
    checks_on_open = True

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the objects, file by file, sorted by path."""
        files = sorted(path for path in root.rglob("*.json") if not path.name.startswith("."))
        if not files:
            raise CutOutError(f"{root} holds no JSON files; name the folder that labelme saved to, labelme:DIR.")
        for file in files:
            if split_of(file.stem) != split:
                continue
            try:
                parsed = parse_labelme(file.read_bytes(), f"The file {file}")
                image = _inside(root, file, parsed.image)
                shape = read_size(image)
                if parsed.shape not in (None, shape):
                    raise CutOutError(
                        f"{image} has {shape[1]} x {shape[0]} pixels upright, but {file} states another size; "
                        "annotate the image again."
                    )
            except CutOutError as error:
                yield str(error)
                continue
            name = file.relative_to(root).with_suffix("").as_posix().replace("/", "-")
            for number, (label, shapes) in enumerate(parsed.objects, 1):
                if masks is None or masks == label:
                    read = partial(_draw_shapes, shapes, shape, f"Object {number} of the file {file}")
                    yield from _if_large(Entry(f"{name}-{number}", image, str(file), read))


def _annotations_of(root: Path) -> Path:
    if root.is_file():
        return root
    files = sorted(path for path in root.iterdir() if path.suffix.lower() in _SUFFIXES)
    if len(files) != 1:
        held = f"holds {len(files)} of them" if files else "holds none"
        raise CutOutError(f"A folder of VIA has one CSV or JSON file, but {root} {held}; name the file, via:FILE.")
    return files[0]


def _inside(root: Path, file: Path, name: str) -> Path:
    """Return the image that a file names; it must lie below the root."""
    image = (file.parent / name).resolve()
    if not image.is_relative_to(root.resolve()) or not image.is_file():
        raise CutOutError(f"{file} names the image {shown(name)}, which is not in {root}; add it there.")
    return image


def _values(region: Region) -> list[object]:
    attributes: dict[str, Any] = region["region_attributes"]
    return list(attributes.values())


def _if_large(entry: Entry) -> Iterator[Entry | str]:
    try:
        if is_large_enough(entry.read_mask()):
            yield entry
    except CutOutError as error:
        yield str(error)


def _draw_regions(regions: list[Region], shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_regions(regions, shape, clip=True))


def _draw_shapes(shapes: list[dict[str, Any]], shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_shapes(shapes, shape))
