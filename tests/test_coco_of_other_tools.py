"""COCO as other tools write it: read rightly, or refused in a sentence, and every loss counted."""

import json
import logging
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from annotation_files import BRUSH, SIDE, SQUARE, TRIANGLE, coco, edit, photograph, samples
from command_line import refusal_of

from cutout_rl.data import open_source
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.warn_once import warn_once


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    warn_once.cache_clear()


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
    if "instances_train" in where:  # a folder in the layout of COCO, whose test split is another file
        assert "instances_val*.json" in refusal_of(lambda: open_source(f"coco:{tmp_path}", "test", SIDE))
    else:
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


def test_an_object_is_not_taken_for_small_by_a_wrong_size(tmp_path: Path) -> None:
    photograph(tmp_path / "c1.png")
    data = coco(tmp_path / "result.json", "c1.png")
    edit(data, "images", 0, height=4000, width=4000)
    assert "40 x 40 pixels upright but" in refusal_of(lambda: samples(data))


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
