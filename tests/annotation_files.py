"""Files of COCO, VIA and labelme for tests, as other tools write them, and their samples."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from cutout_rl.data import Sample, open_source
from cutout_rl.data.splits import SPLITS
from cutout_rl.utils.errors import CutOutError

SIDE = 40
TRIANGLE = [5, 5, 35, 5, 35, 35]
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]
BRUSH = {"size": [SIDE, SIDE], "counts": [10 * SIDE + 10, *[20, 20] * 19, 20, SIDE * SIDE - 30 * SIDE + 10]}


TILTED = [(20, 5), (35, 20), (20, 35), (5, 20)]


def photograph(path: Path, level: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (SIDE, SIDE), (level, level, level)).save(path)


def samples(data: str, masks: str | None = None, skip_bad: bool = False) -> dict[str, Sample]:
    """Return the samples of all splits by name; raise the message of an empty split if all are empty."""
    found: dict[str, Sample] = {}
    empty: list[CutOutError] = []
    for split in SPLITS:
        try:
            source = open_source(data, split, SIDE, masks, skip_bad)
        except CutOutError as error:
            if "is empty" not in str(error):
                raise
            empty.append(error)
            continue
        for index in range(len(source)):
            assert source[index].name not in found
            found[source[index].name] = source[index]
    if not found:
        raise empty[0]
    return found


def coco(path: Path, *file_names: str, **changes: Any) -> str:
    """Write a file with one triangle in each image, and return the name of the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = range(1, len(file_names) + 1)
    annotation = {"category_id": 1, "segmentation": [TRIANGLE], "iscrowd": 0}
    record = {
        "images": [
            {"id": number, "file_name": name, "height": SIDE, "width": SIDE}
            for number, name in zip(numbers, file_names, strict=True)
        ],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [annotation | {"id": number, "image_id": number} | changes for number in numbers],
    }
    path.write_text(json.dumps(record))
    return f"coco:{path}"


def edit(data: str, key: str, number: int, **changes: Any) -> None:
    path = Path(data.partition(":")[2])
    record = json.loads(path.read_text())
    record[key][number] |= changes
    path.write_text(json.dumps(record))


def via(root: Path, *entries: tuple[str, int, list[dict[str, Any]]]) -> str:
    record = {
        f"{name}{size}": {"filename": name, "size": size, "regions": regions, "file_attributes": {}}
        for name, size, regions in entries
    }
    (root / "via.json").write_text(json.dumps(record))
    return f"via:{root}"


def region(kind: str, attributes: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return {"shape_attributes": {"name": kind, **values}, "region_attributes": attributes or {}}


def rect(x: int, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    return region("rect", attributes, x=x, y=5, width=8, height=20)


def labelme(path: Path, image: str, *shapes: dict[str, Any], **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"shapes": list(shapes), "imagePath": image, "imageHeight": SIDE, "imageWidth": SIDE, **more}
    path.write_text(json.dumps(record))


def shape(kind: str, *points: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"label": "cup", "points": [list(point) for point in points], "shape_type": kind, "group_id": None, **more}
