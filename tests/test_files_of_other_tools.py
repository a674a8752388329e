"""COCO, VIA and labelme as other tools write them: read rightly, or refused in a sentence, and every loss counted."""

import json
import logging
import os
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refusal_of
from PIL import Image

from cutout_rl.data import Sample, Split, open_source, registry
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.errors import CutOutError

SIDE = 40
TRIANGLE = [5, 5, 35, 5, 35, 35]
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]
BRUSH = {"size": [SIDE, SIDE], "counts": [10 * SIDE + 10, *[20, 20] * 19, 20, SIDE * SIDE - 30 * SIDE + 10]}


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    registry._warn.cache_clear()


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


@pytest.mark.parametrize(
    ("file_name", "place", "where"),
    [
        ("images/c1.png", "images/c1.png", "result.json"),
        ("images\\c1.png", "images/c1.png", "result.json"),
        ("images\\sub\\c1.png", "images/sub/c1.png", "result.json"),
        ("./c1.png", "c1.png", "result.json"),
        ("a/b/c1.png", "a/b/c1.png", "result.json"),
        ("a/b/c1.png", "images/c1.png", "annotations/instances_default.json"),
        ("c1.png", "images/train/c1.png", "annotations/instances_train.json"),
        ("c1.png", "train/c1.png", "annotations/instances_train.json"),
        ("c1.png", "images/c1.png", "annotations/instances_default.json"),
        ("images/c1.png", "images/c1.png", "annotations/instances_default.json"),
        ("c1.png", "data/c1.png", "labels.json"),
        ("https://example.org/files/c%201.png?size=2", "images/c 1.png", "result.json"),
        (
            unicodedata.normalize("NFD", "\u00fcber.png"),
            unicodedata.normalize("NFC", "images/\u00fcber.png"),
            "result.json",
        ),
        (
            unicodedata.normalize("NFC", "\u00fcber.png"),
            unicodedata.normalize("NFD", "images/\u00fcber.png"),
            "result.json",
        ),
        ("Screenshot at 9.22.20\u202fPM.png", "Screenshot at 9.22.20\u202fPM.png", "result.json"),
    ],
)
def test_images_are_found_where_tools_put_them(tmp_path: Path, file_name: str, place: str, where: str) -> None:
    photograph(tmp_path / place)
    data = coco(tmp_path / where, file_name)
    assert [found.mask.sum() for found in samples(data).values()] == [465]
    assert len(samples(f"coco:{tmp_path}")) == 1


def test_the_image_of_the_named_folder_is_taken(tmp_path: Path) -> None:
    photograph(tmp_path / "a" / "c1.png", 10)
    photograph(tmp_path / "b" / "c2.png", 200)
    photograph(tmp_path / "b" / "c1.png", 200)
    found = samples(coco(tmp_path / "result.json", "a/c1.png", "b/c2.png"))
    assert found["c1-1"].image.max() == 10
    assert found["c2-2"].image.min() == 200


def test_an_image_that_stands_for_two_is_refused(tmp_path: Path) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "train/c1.png", "val/c1.png")
    assert "but there is only" in refusal_of(lambda: samples(data))


@pytest.mark.parametrize("size", [0, None, "", "missing", "40", 40.0, -1])
def test_sizes_that_are_missing_or_text(tmp_path: Path, size: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png")
    edit(data, "images", 0, height=size, width=size)
    if size == "missing":
        assert "is damaged" in refusal_of(lambda: samples(data))
        record = json.loads((tmp_path / "result.json").read_text())
        del record["images"][0]["height"], record["images"][0]["width"]
        (tmp_path / "result.json").write_text(json.dumps(record))
    assert [found.mask.sum() for found in samples(data).values()] == [465]


@pytest.mark.parametrize("size", [10**9, 10**30, float("inf"), [40], {"a": 1}, True])
def test_sizes_that_mean_nothing_are_refused_in_a_sentence(tmp_path: Path, size: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png")
    edit(data, "images", 0, height=size, width=size)
    refusal_of(lambda: samples(data))
    edit(data, "annotations", 0, segmentation={"size": [10**9, 10**9], "counts": [10**18]})
    edit(data, "images", 0, height=0, width=0)
    assert "pixels are too many" in refusal_of(lambda: samples(data))


@pytest.mark.parametrize(("of_image", "of_annotation"), [("1", 1), (1, "1"), ("abc", "abc"), (1.0, 1)])
def test_ids_may_be_text(tmp_path: Path, of_image: object, of_annotation: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png")
    edit(data, "images", 0, id=of_image)
    edit(data, "annotations", 0, image_id=of_annotation, id="9e3f-a")
    assert list(samples(data)) == ["c1-9e3f-a"]


def test_repeated_ids_are_refused_not_mixed_up(tmp_path: Path) -> None:
    for name in ("c1.png", "c2.png"):
        photograph(tmp_path / name)
    data = coco(tmp_path / "result.json", "c1.png", "c2.png")
    edit(data, "annotations", 1, image_id=1, id=1, segmentation=[SQUARE])
    message = refusal_of(lambda: samples(data))
    assert "annotation 2, and" in message
    assert "both give a sample named c1-1" in message
    assert [found.mask.sum() for found in samples(data, skip_bad=True).values()] == [465]
    edit(data, "annotations", 1, id=2)
    edit(data, "images", 1, id=1)
    assert "gives c1.png and c2.png one id" in refusal_of(lambda: samples(data))


@pytest.mark.parametrize("iscrowd", [1, True])
def test_brush_masks_marked_as_crowds_are_objects(tmp_path: Path, iscrowd: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png", segmentation=BRUSH, iscrowd=iscrowd)
    assert [found.mask.sum() for found in samples(data).values()] == [400]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", *["c1.png"] * 5)
    edit(data, "annotations", 1, segmentation=BRUSH, iscrowd=1)
    edit(data, "annotations", 2, segmentation=[])
    edit(data, "annotations", 3, segmentation=[TRIANGLE, [1, 1, 2, 2], [3, 3]])
    edit(data, "annotations", 4, segmentation=[[1, 1, 2, 1, 2, 2]])
    with caplog.at_level(logging.WARNING):
        found = samples(data)
    assert list(found) == ["c1-1", "c1-4"]
    assert np.array_equal(found["c1-1"].mask, found["c1-4"].mask)
    (record,) = caplog.records
    for said in (
        "2 objects in split",
        "1 crowd, which is read if its iscrowd is set to 0 (annotation 2)",
        "1 box without a mask (annotation 3)",
        "2 parts with fewer than 3 corners (annotation 4)",
        "1 object that covers, or leaves to the background, less than 1/200 of the square (annotation 5)",
    ):
        assert said in record.message


def test_an_empty_split_says_why(tmp_path: Path) -> None:
    names = {split: next(f"n{n}" for n in range(99) if split_of(f"n{n}") == split) for split in SPLITS}
    for split in ("train", "val"):
        photograph(tmp_path / f"{names[split]}.png")
    data = coco(tmp_path / "result.json", *[f"{names[split]}.png" for split in ("train", "val", "val")])
    edit(data, "annotations", 0, segmentation=None)
    message = refusal_of(lambda: open_source(data, "train", SIDE))
    assert "left out: 1 box without a mask (annotation 1); other splits: 2 in val" in message


@pytest.mark.parametrize("segmentation", [TRIANGLE, [TRIANGLE], [[float(n) for n in TRIANGLE]]])
def test_a_polygon_may_be_a_plain_list(tmp_path: Path, segmentation: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png", segmentation=segmentation)
    assert [found.mask.sum() for found in samples(data).values()] == [465]


@pytest.mark.parametrize(
    "segmentation",
    [
        ["1", "2", "3", "4", "5", "6"],
        [["1", "2", "3", "4", "5", "6"]],
        [[1, 2, 3, 4, 5]],
        "x",
        5,
        [[[1, 2], [3, 4], [5, 6]]],
    ],
)
def test_damaged_annotations_are_refused_or_skipped_alone(tmp_path: Path, segmentation: object) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png", "c1.png")
    edit(data, "annotations", 0, segmentation=segmentation)
    assert "Annotation 1 of" in refusal_of(lambda: samples(data))
    assert list(samples(data, skip_bad=True)) == ["c1-2"]


def test_a_missing_image_is_skipped_alone(tmp_path: Path) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "gone.png", "c1.png", "../c2.png")
    refusal_of(lambda: samples(data))
    assert list(samples(data, skip_bad=True)) == ["c1-2"]


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


def test_via_shapes_are_drawn(tmp_path: Path) -> None:
    photograph(tmp_path / "v1.png")
    shapes = [
        rect(5),
        region("circle", cx=20, cy=20, r=10),
        region("ellipse", cx=20, cy=20, rx=15, ry=6),
        region("ellipse", cx=20, cy=20, rx=15, ry=6, theta=np.pi / 2),
        region("ellipse", cx=20, cy=20, rx=15, ry=3, theta=np.pi / 4),
        region("circle", cx=0, cy=20, r=10),
    ]
    masks = [found.mask for found in samples(via(tmp_path, ("v1.png", 1, shapes))).values()]
    assert masks[0].sum() == 160
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5 - 20
    for mask, truth in zip(
        masks[1:],
        (
            np.hypot(rows, columns) < 10,
            (columns / 15) ** 2 + (rows / 6) ** 2 < 1,
            (columns / 6) ** 2 + (rows / 15) ** 2 < 1,
            # Turned clockwise on the screen: it runs from the upper left to the lower right.
            ((columns + rows) ** 2 / 2 / 15**2 + (rows - columns) ** 2 / 2 / 3**2) < 1,
            np.hypot(rows, columns + 20) < 10,
        ),
        strict=True,
    ):
        assert np.count_nonzero(mask ^ truth) <= 4


@pytest.mark.parametrize("value", ["", "cup", "1", None])
def test_via_regions_with_one_attribute_are_objects_of_their_own(tmp_path: Path, value: object) -> None:
    photograph(tmp_path / "v1.png")
    regions = [rect(5, {"object": value}), rect(25, {"object": value})]
    found = samples(via(tmp_path, ("v1.png", 1, regions)))
    assert [mask.mask.sum() for mask in found.values()] == [160, 160]


def test_via_parts_of_our_exports_are_one_object(tmp_path: Path) -> None:
    photograph(tmp_path / "v1.png")
    regions = [rect(x, {"object": "1", "category": kind}) for x, kind in ((5, "cup"), (15, "cup"), (25, "pot"))]
    found = samples(via(tmp_path, ("v1.png", 1, regions)))
    assert [mask.mask.sum() for mask in found.values()] == [320, 160]


def test_two_via_images_of_one_stem_are_refused(tmp_path: Path) -> None:
    photograph(tmp_path / "a.png", 10)
    photograph(tmp_path / "a.jpg", 200)
    data = via(tmp_path, ("a.png", 1, [rect(5)]), ("a.jpg", 1, [rect(25)]))
    assert "both give a sample named a-1" in refusal_of(lambda: samples(data))
    assert samples(data, skip_bad=True)["a-1"].image.max() == 10
    data = via(tmp_path, ("a.png", 1, [rect(5)]), ("a.png", 2, [rect(25)]))
    assert "two images named 'a.png', of different file sizes" in refusal_of(lambda: samples(data))


def labelme(path: Path, image: str, *shapes: dict[str, Any], **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"shapes": list(shapes), "imagePath": image, "imageHeight": SIDE, "imageWidth": SIDE, **more}
    path.write_text(json.dumps(record))


def shape(kind: str, *points: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"label": "cup", "points": [list(point) for point in points], "shape_type": kind, "group_id": None, **more}


TILTED = [(20, 5), (35, 20), (20, 35), (5, 20)]


@pytest.mark.parametrize("kind", ["polygon", "rotation", "quadrilateral", "oriented_rectangle", "rectangle"])
def test_labelme_shapes_of_four_corners_are_drawn(tmp_path: Path, kind: str) -> None:
    photograph(tmp_path / "q.png")
    labelme(tmp_path / "q.json", "q.png", shape(kind, *TILTED))
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5 - 20
    (found,) = samples(f"labelme:{tmp_path}").values()
    assert np.count_nonzero(found.mask ^ (np.abs(rows) + np.abs(columns) < 15)) <= 60
    assert found.mask.sum() == pytest.approx(450, abs=31)


def test_labelme_lines_are_counted_and_unknown_shapes_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photograph(tmp_path / "q.png")
    lines = [shape("linestrip", (1, 1), (9, 9), (9, 20)), shape("line", (1, 1), (9, 9)), shape("point", (3, 3))]
    labelme(tmp_path / "q.json", "q.png", shape("polygon", *TILTED), *lines, shape("line", (2, 2), (9, 9)))
    (tmp_path / "settings.json").write_text('{"colour": "red"}')
    with caplog.at_level(logging.WARNING):
        assert len(samples(f"labelme:{tmp_path}")) == 1
    (record,) = caplog.records
    for said in (
        "1 linestrip, which encloses",
        "2 line shapes, which enclose",
        "1 point, which",
        "1 JSON file of another",
    ):
        assert said in record.message
    labelme(tmp_path / "q.json", "q.png", shape("cuboid", *TILTED))
    assert "is a 'cuboid', which is not read" in refusal_of(lambda: samples(f"labelme:{tmp_path}"))


def test_the_image_decides_the_split_whatever_its_files_are_called(tmp_path: Path) -> None:
    photograph(tmp_path / "images" / "q.png")
    for number in range(20):
        labelme(tmp_path / f"worker{number}.json", "images\\q.png", shape("polygon", *TILTED))
    with pytest.raises(Exception, match="other splits: 20 in"):
        open_source(f"labelme:{tmp_path}", "val" if split_of("q") == "train" else "train", SIDE)
    assert len(open_source(f"labelme:{tmp_path}", split_of("q"), SIDE)) == 20


def test_one_image_is_in_one_split_in_every_format(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, f"\u00fcber{number}") for number in range(30) for form in ("NFC", "NFD")]
    assert len({split_of(unicodedata.normalize("NFD", name)) for name in names}) > 1
    for name in names[::2]:
        assert split_of(name) == split_of(unicodedata.normalize("NFD", name))
    stem = unicodedata.normalize("NFD", "\u00fcber1")
    for folder in ("images", "masks", "via", "labelme"):
        photograph(tmp_path / folder / f"{stem}.png")
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[10:30, 10:30] = 255
    (tmp_path / "masks" / f"{stem}.png").unlink()
    Image.fromarray(mask).save(tmp_path / "masks" / unicodedata.normalize("NFC", f"{stem}.png"))
    via(tmp_path / "via", (unicodedata.normalize("NFC", f"{stem}.png"), 1, [rect(5)]))
    labelme(tmp_path / "labelme" / "z.json", unicodedata.normalize("NFC", f"{stem}.png"), shape("polygon", *TILTED))
    data = coco(tmp_path / "images" / "result.json", f"deep/{stem}.png")
    split: Split = split_of("\u00fcber1")
    for each in (str(tmp_path), f"via:{tmp_path / 'via'}", f"labelme:{tmp_path / 'labelme'}", data):
        assert len(open_source(each, split, SIDE)) == 1


def test_two_labelme_files_of_one_sample_name_are_refused(tmp_path: Path) -> None:
    for place, level in (("x/q0", 10), ("x-q0", 200)):
        photograph(tmp_path / f"{place}.png", level)
        labelme(tmp_path / f"{place}.json", f"{Path(place).name}.png", shape("polygon", *TILTED))
    if split_of("q0") == split_of("x-q0"):
        assert "both give a sample named x-q0-1" in refusal_of(lambda: samples(f"labelme:{tmp_path}"))
    else:
        assert sorted(sample.image.max() for sample in samples_of_each_split(tmp_path)) == [10, 200]


def samples_of_each_split(root: Path) -> list[Sample]:
    return [open_source(f"labelme:{root}", split_of(name), SIDE)[0] for name in ("q0", "x-q0")]


@pytest.mark.parametrize("path", ["C:\\Users\\me\\q.png", "/home/me/q.png", "..\\inside\\q.png", "./q.png"])
def test_labelme_paths_of_other_computers(tmp_path: Path, path: str) -> None:
    photograph(tmp_path / "inside" / "q.png")
    labelme(tmp_path / "inside" / "q.json", path, shape("polygon", *TILTED))
    assert len(samples(f"labelme:{tmp_path}")) == 1


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    photograph(tmp_path / "q.png")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for data in (f"coco:{tmp_path / 'pipe.json'}", f"via:{tmp_path / 'pipe.json'}", "via:/dev/zero", "coco:/dev/zero"):
        assert "no regular file" in refusal_of(lambda data=data: samples(data))
    labelme(tmp_path / "q.json", "q.png", shape("polygon", *TILTED))
    assert len(samples(f"labelme:{tmp_path}")) == 1
    with (tmp_path / "sparse.json").open("wb") as stream:
        stream.truncate(6 * 2**30)
    assert "is larger than" in refusal_of(lambda: samples(f"via:{tmp_path / 'sparse.json'}"))
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for kind in ("via", "coco"):
        assert "not valid JSON" in refusal_of(lambda kind=kind: samples(f"{kind}:{tmp_path / 'deep.json'}"))
