"""The objects of COCO and of other annotations in its format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.entry import Entry, Found
from cutout_rl.data.formats.coco import box_left_out, mask_of_segmentation, part_left_out, whole_parts
from cutout_rl.data.formats.image_names import ImageFinder, image_path
from cutout_rl.data.formats.json_file import as_int, as_key, as_size, objects_of, reading, referenced
from cutout_rl.data.formats.polygons import as_corners
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import in_split
from cutout_rl.data.published.dataset_source import DatasetSource, covers_enough, is_large_enough, trimap_of_mask
from cutout_rl.data.published.reasons import crowd, other_class, too_small, without_objects
from cutout_rl.data.source import Split
from cutout_rl.data.splits import own_name, split_of, split_within
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import parse_json, read_file

_MAX_BYTES: Final = 2 * 2**30  # instances_train2017.json has 0.45 GB
_LONGEST_ID: Final = 40  # of an annotation, in the names of samples


class CocoSource(DatasetSource):
    """The objects of COCO (Lin et al., ECCV 2014), one sample each; crowds and boxes are counted and left out.

    The root is a folder with `annotations/instances_train*.json`, `annotations/instances_val*.json`, and the images in
    `train*` and `val*`. The val file is the test split; the train file is split by image name, 85 % train, 15 % val. Or
    the root is any file in the format, or a folder with one, with images beside it, in a folder `images` beside it or
    above it; then the image's name decides the split, 70 : 15 : 15. `masks` may be a category.

    A file whose only masks are run lengths marked as crowds is one of brush strokes, and its crowds are objects.
    """

    kind = "coco"
    homepage = "https://cocodataset.org/#format-data"
    layouts = (("annotations/instances_train2017.json",), ("annotations/instances_val2017.json",))

    def checks_on_open(self) -> bool:
        """Return whether the root is a file, whose images are the user's."""
        return not self._root.is_dir()

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Found]:
        """Yield the objects in the order of the file."""
        file, official = _annotation_file(root, split)
        what = f"The COCO file {file}"
        record = parse_json(read_file(file, what, _MAX_BYTES), what, _MAX_BYTES)
        with reading(what):
            names = {as_key(category["id"]): str(category["name"]) for category in objects_of(record, "categories")}
            images = _images(objects_of(record, "images"), file)
            annotations = objects_of(record, "annotations")
            brushed = _is_brushed(annotations)
        if masks is not None:
            require_choice("category of COCO", masks, names.values())
        finder = ImageFinder(_folders(file, official))
        if not official:
            _require_one(images, finder, file)
        for number, annotation in enumerate(annotations, 1):
            where = f"annotation {number}"
            try:
                with reading(f"Annotation {number} of {file}"):
                    image = referenced(images, annotation["image_id"], "image")
                    if image.split is None:
                        own = own_name(image.path[-1])
                        image.split = split_within(own, split == "test") if official else split_of(own)
                    if image.split != split:
                        yield in_split(image.split)
                        continue
                    if image.problem is not None:
                        raise CutOutError(image.problem)
                    if annotation.get("iscrowd") and not brushed:
                        yield crowd(where)
                        continue
                    if masks is not None and referenced(names, annotation["category_id"], "category") != masks:
                        yield other_class(where)
                        continue
                    segmentation, degenerate = whole_parts(annotation.get("segmentation"))
                    yield from [part_left_out(where)] * degenerate
                    if not segmentation:
                        if not degenerate:
                            yield box_left_out(where)
                        continue
                    image.file = image.file or finder.find(image.path)
                    if image.file is None and official:
                        # The dataset may lie here in part: an image is missed when it is read.
                        image.file = (root / file.stem.removeprefix("instances_")).joinpath(*image.path)
                    if image.file is None:
                        raise CutOutError(
                            f"{file} names {'/'.join(image.path)}, which is in none of {finder}: add it to one."
                        )
                    stated = image.shape or _shape_of_runs(segmentation)
                    shape = stated or self.shape_without_size(image.file)
                    read = partial(_draw, segmentation, shape, f"Annotation {number} of {file}")
                    name = f"{own_name(image.path[-1])}-{_id_of(annotation, number)}"
                    entry = Entry(name, image.file, f"{file}, annotation {number},", read, stated)
                    if not _is_large(segmentation, shape):
                        if not official:
                            self.compare_sizes(entry)  # by a wrong size, an object may seem too small
                        yield too_small(where)
                        continue
            except CutOutError as error:
                yield str(error)
            else:
                yield entry
        if not official:
            unused = (image for image in images.values() if image.split is None and image.problem is None)
            yield from (
                without_objects(image.path[-1]) for image in unused if split_of(own_name(image.path[-1])) == split
            )


@dataclass
class _CocoImage:
    """An image of the file: its stated shape, if any, what was found out about it, and what is wrong with it."""

    path: tuple[str, ...]
    shape: Shape | None
    problem: str | None = None
    split: Split | None = field(default=None, init=False)
    file: Path | None = field(default=None, init=False)


def _images(records: list[dict[str, Any]], file: Path) -> dict[int | str, _CocoImage]:
    """Read the images by id; one that cannot be told from another holds a sentence on it."""
    images: dict[int | str, _CocoImage] = {}
    for record in records:
        key = as_key(record["id"])
        try:
            path = image_path(record["file_name"])
        except CutOutError as error:
            last = str(record["file_name"]).replace("\\", "/").rpartition("/")[2]
            images[key] = _CocoImage((last,), None, str(error))
            continue
        height, width = as_size(record.get("height")), as_size(record.get("width"))
        image = _CocoImage(path, (height, width) if height and width else None)
        other = images.setdefault(key, image)
        if other.path != path:
            other.problem = f"{file} gives {'/'.join(other.path)} and {'/'.join(path)} one id; give each image its own."
    return images


def _is_brushed(annotations: list[Any]) -> bool:
    """Return whether all masks are run lengths marked as crowds, as some tools write brush strokes."""
    masked = [each for each in annotations if each.get("segmentation")]
    return bool(masked) and all(each.get("iscrowd") and isinstance(each["segmentation"], dict) for each in masked)


def _annotation_file(root: Path, split: Split) -> tuple[Path, bool]:
    """Return the file, and whether the folder has the layout of COCO, in which files are splits."""
    if not root.is_dir():
        return root, False
    part = "val" if split == "test" else "train"
    found = {each: sorted((root / "annotations").glob(f"instances_{each}*.json")) for each in ("train", "val")}
    if any(found.values()):
        if len(found[part]) == 1:
            return found[part][0], True
    else:
        files = [file for folder in (root, root / "annotations") for file in sorted(folder.glob("*.json"))]
        if len(files) == 1 and files[0].is_file():
            return files[0], False
    held = f"{len(found[part])} files" if found[part] else "no file"
    raise CutOutError(
        f"{root} holds {held} annotations/instances_{part}*.json, but COCO has one; name the JSON file, coco:FILE."
    )


def _folders(file: Path, official: bool) -> Iterator[Path]:
    """Yield the folders in which tools keep the images of a file, in the order of preference."""
    beside, above, part = file.parent, file.parent.parent, file.stem.removeprefix("instances_")
    if official:
        yield from (above / part, above / "images" / part)
    yield from (beside / "images", beside, beside / "images" / part, beside / "data")
    yield from (above / part, above / "images" / part, above / "images", above)


def _require_one(images: dict[int | str, _CocoImage], finder: ImageFinder, file: Path) -> None:
    """Check that a file lists images, and that one of them exists."""
    if not images:
        raise CutOutError(f"{file} lists no images; export it again.")
    found: dict[Path, _CocoImage] = {}
    for image in images.values():
        if image.problem is not None:
            continue
        image.file = finder.find(image.path)
        if image.file is None:
            continue
        other = found.setdefault(image.file, image)
        if other.path != image.path:
            other.problem = image.problem = (
                f"{file} names {'/'.join(other.path)} and {'/'.join(image.path)}, but there is only {image.file};"
                " keep the folders of the images."
            )
    if not found:
        first = next(iter(images.values()))
        problem = f"{file} names {'/'.join(first.path)}, which is in none of {finder}: add it to one."
        raise CutOutError(first.problem or problem)


def _id_of(annotation: dict[str, Any], number: int) -> int | str:
    """Return the id of an annotation if it can be part of a name, else its number."""
    found = annotation.get("id")
    if type(found) is int:
        return found
    is_plain = isinstance(found, str) and len(found) <= _LONGEST_ID and found.replace("-", "").isalnum()
    return str(found) if is_plain else number


def _shape_of_runs(segmentation: Any) -> Shape | None:
    if not isinstance(segmentation, dict):
        return None
    height, width = map(as_int, segmentation["size"])
    return (height, width)


def _is_large(segmentation: Any, shape: Shape) -> bool:
    if isinstance(segmentation, list):
        return covers_enough([as_corners(polygon) for polygon in segmentation], shape)
    return is_large_enough(trimap_of_mask(mask_of_segmentation(segmentation, shape, clip=True)))


def _draw(segmentation: Any, shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_segmentation(segmentation, shape, clip=True))
