"""The objects of COCO and of other annotations in its format."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.file_source import Entry
from cutout_rl.data.formats.annotation import Shape, require_file_name
from cutout_rl.data.formats.coco import mask_of_segmentation
from cutout_rl.data.formats.json_file import parse_json, reading, require_int
from cutout_rl.data.formats.polygons import as_corners, fill
from cutout_rl.data.published.dataset_source import GRID, LEAST_SHARE, DatasetSource, is_large_enough, trimap_of_mask
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_of, split_within
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

_MAX_BYTES: Final = 2 * 2**30  # instances_train2017.json has 0.45 GB


class CocoSource(DatasetSource):
    """The objects of COCO (Lin et al., ECCV 2014), one sample each; crowds are left out.

    The root is a folder with `annotations/instances_train*.json`, `annotations/instances_val*.json`, and the images in
    `train*` and `val*`. The val file is the test split; the train file is split by image name, 85 % train, 15 % val. Or
    the root is any file in the format, with images beside it, in a folder `images` beside it or above it; then the
    image's name decides the split, 70 : 15 : 15. `masks` may be a category.
    """

    kind = "coco"
    homepage = "https://cocodataset.org/#format-data"
    layouts = (("annotations/instances_train2017.json",), ("annotations/instances_val2017.json",))

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the objects in the order of the file."""
        official = root.is_dir()
        file, folder = _official(root, split) if official else (root, None)
        what = f"The COCO file {file}"
        record = parse_json(file.read_bytes(), what, _MAX_BYTES)
        with reading(what):
            names = {require_int(category["id"]): str(category["name"]) for category in record["categories"]}
            images = {require_int(image["id"]): image for image in record["images"]}
            annotations = list(record["annotations"])
        if masks is not None:
            require_choice("category of COCO", masks, names.values())
        if folder is None:
            folder = _folder_of(file, images)
        taken: dict[int, bool] = {}
        for number, annotation in enumerate(annotations, 1):
            try:
                with reading(f"Annotation {number} of {file}"):
                    image_id = require_int(annotation["image_id"])
                    image = images[image_id]
                    name = require_file_name(image["file_name"])
                    if image_id not in taken:
                        test = split == "test"
                        part = split_within(Path(name).stem, test) if official else split_of(Path(name).stem)
                        taken[image_id] = part == split
                    if not taken[image_id] or annotation.get("iscrowd"):
                        continue
                    if masks is not None and names[require_int(annotation["category_id"])] != masks:
                        continue
                    shape = require_int(image["height"]), require_int(image["width"])
                    segmentation = annotation["segmentation"]
                    if not _is_large(segmentation, shape):
                        continue
            except CutOutError as error:
                yield str(error)
                continue
            read = partial(_draw, segmentation, shape, f"Annotation {number} of {file}")
            mask_name = f"{file}, annotation {number},"
            yield Entry(f"{Path(name).stem}-{annotation.get('id', number)}", folder / name, mask_name, read)


def _official(root: Path, split: Split) -> tuple[Path, Path]:
    part = "val" if split == "test" else "train"
    files = sorted((root / "annotations").glob(f"instances_{part}*.json"))
    if len(files) != 1:
        held = f"{len(files)} files" if files else "no file"
        raise CutOutError(
            f"{root} holds {held} annotations/instances_{part}*.json, but COCO has one; name the JSON file, coco:FILE."
        )
    return files[0], root / files[0].stem.removeprefix("instances_")


def _folder_of(file: Path, images: Mapping[int, Any]) -> Path:
    """Return the folder that contains the first image of a file."""
    above = file.parent.parent
    folders = (file.parent / "images", file.parent, above / file.stem.removeprefix("instances_"), above / "images")
    for image in images.values():
        with reading(f"The COCO file {file}"):
            name = require_file_name(image["file_name"])
        for folder in folders:
            if (folder / name).is_file():
                return folder
        raise CutOutError(f"{file} names {name}, which is in none of {', '.join(map(str, folders))}: add it to one.")
    raise CutOutError(f"{file} lists no images; export it again.")


def _is_large(segmentation: Any, shape: Shape) -> bool:
    """Return `is_large_enough`; for speed, polygons are drawn at the sampling points only (COCO has 860,000)."""
    if not isinstance(segmentation, list):
        return is_large_enough(trimap_of_mask(mask_of_segmentation(segmentation, shape, clip=True)))
    polygons = [as_corners(polygon) for polygon in segmentation]
    corners = np.concatenate([*polygons, np.empty((0, 2))])
    if not len(corners):
        return False
    size, side = np.array(shape[::-1]), min(shape)
    middle = (np.clip(corners.min(axis=0), 0, size) + np.clip(corners.max(axis=0), 0, size)) / 2
    start = np.clip(np.floor(middle - side / 2), 0, size - side)
    points = fill([(polygon - start) * (GRID / side) for polygon in polygons], (GRID, GRID), clip=True)
    return bool(LEAST_SHARE * points.size <= points.sum() <= (1 - LEAST_SHARE) * points.size)


def _draw(segmentation: Any, shape: Shape, what: str) -> NDArray[np.uint8]:
    with reading(what):
        return trimap_of_mask(mask_of_segmentation(segmentation, shape, clip=True))
