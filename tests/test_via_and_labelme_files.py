"""VIA and labelme as people write them: read rightly, or refused in a sentence, and every loss counted."""

import json
import logging
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from annotation_files import SIDE, TILTED, coco, labelme, photograph, rect, region, samples, shape, via
from command_line import refusal_of
from PIL import Image

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.splits import split_of
from cutout_rl.utils.warn_once import warn_once


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    warn_once.cache_clear()


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


def test_other_kinds_of_via_files_are_named(tmp_path: Path) -> None:
    for name, text, said in (
        ("3.json", '{"project": {}, "file": {}, "view": {}, "metadata": {}}', "VIA 3"),
        ("3.csv", "# Exported using VIA\n# CSV_HEADER = metadata_id,file_list\n1,a", "VIA 3"),
        ("coco.json", '{"images": [], "annotations": [], "categories": []}', "format of COCO"),
    ):
        (tmp_path / name).write_text(text)
        assert said in refusal_of(lambda name=name: samples(f"via:{tmp_path / name}"))


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


def test_images_without_annotations_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = [name for name in (f"n{number}" for number in range(99)) if split_of(name) == "train"][:3]
    for name in names:
        for folder in ("via", "labelme", "coco"):
            photograph(tmp_path / folder / f"{name}.png")
        labelme(tmp_path / "labelme" / f"{name}.json", f"{name}.png", *[shape("polygon", *TILTED)] * (name == names[0]))
    entries = [(f"{name}.png", 1, [rect(5)] * (name == names[0])) for name in names]
    data = [via(tmp_path / "via", *entries), f"labelme:{tmp_path / 'labelme'}"]
    data.append(coco(tmp_path / "coco" / "coco.json", *[f"{name}.png" for name in names]))
    record = json.loads((tmp_path / "coco" / "coco.json").read_text())
    (tmp_path / "coco" / "coco.json").write_text(json.dumps(record | {"annotations": record["annotations"][:1]}))
    for each in data:
        with caplog.at_level(logging.WARNING):
            assert len(samples(each)) == 1
        assert "1 object in split train of" in caplog.text
        assert "left out: 2 images without annotations" in caplog.text
        caplog.clear()
