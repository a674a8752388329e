"""Images annotated with VIA, labelme or COCO tools as data sources, and their errors."""

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_masks

from cutout_rl.annotation.formats import Annotation, encode_coco, encode_via_csv, encode_via_json
from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.formats.polygons import fill
from cutout_rl.data.splits import split_of, split_within

SIDE = 40
TRIANGLE = [(5.0, 5.0), (35.0, 8.0), (12.0, 30.0)]
TINY = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)]


def photograph(path: Path, side: int = SIDE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)).save(path)


def samples(data: str, split: Split = "train", masks: str | None = None, size: int = SIDE) -> dict[str, Sample]:
    source = open_source(data, split, size, masks)
    return {source[index].name: source[index] for index in range(len(source))}


def refusal(data: str, split: Split = "train", masks: str | None = None) -> str:
    return refusal_of(lambda: samples(data, split, masks))


def name_in(split: Split, held_out: bool | None = None) -> str:
    names = (f"scan{number}" for number in range(100))
    return next(n for n in names if (split_of(n) if held_out is None else split_within(n, held_out)) == split)


def drawn(*polygons: list[tuple[float, float]]) -> NDArray[np.bool_]:
    return fill([np.array(polygon) for polygon in polygons], (SIDE, SIDE))


def via_region(polygon: list[tuple[float, float]], **attributes: str) -> dict[str, Any]:
    x, y = zip(*polygon, strict=True)
    shape = {"name": "polygon", "all_points_x": x, "all_points_y": y}
    return {"shape_attributes": shape, "region_attributes": attributes}


def write_via(folder: Path, name: str, *regions: dict[str, Any]) -> Path:
    photograph(folder / f"{name}.png")
    entry = {"filename": f"{name}.png", "size": 1, "regions": list(regions), "file_attributes": {}}
    file = folder / "via_region_data.json"
    file.write_text(json.dumps({f"{name}.png1": entry}))
    return file


def test_via_json_gives_each_object_and_skips_small_ones(tmp_path: Path) -> None:
    name = name_in("train")
    square = [(20.0, 20.0), (38.0, 20.0), (38.0, 39.0), (20.0, 39.0)]
    write_via(tmp_path, name, via_region(TRIANGLE, kind="cup"), via_region(TINY), via_region(square, kind="pot"))
    found = samples(f"via:{tmp_path}")
    assert list(found) == [f"{name}-1", f"{name}-3"]
    assert np.array_equal(found[f"{name}-1"].mask, drawn(TRIANGLE))
    assert list(samples(f"via:{tmp_path}", masks="pot")) == [f"{name}-3"]
    assert "is empty" in refusal(f"via:{tmp_path}", masks="pan")
    assert "is empty" in refusal(f"via:{tmp_path}", "val")
    assert f"name via:{tmp_path}" in refusal(str(tmp_path))


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_via_reads_what_we_export_and_images_may_lie_apart(tmp_path: Path, suffix: str) -> None:
    name = name_in("test")
    photograph(tmp_path / "images" / f"{name}.png")
    ring = drawn(TRIANGLE)
    ring[12:14, 15:17] = False
    encode = encode_via_csv if suffix == "csv" else encode_via_json
    (tmp_path / f"via.{suffix}").write_bytes(encode([Annotation(f"{name}.png", ring)], {f"{name}.png": 1}))
    for data in (f"via:{tmp_path}", f"via:{tmp_path}/via.{suffix}"):
        assert np.array_equal(samples(data, "test")[f"{name}-1"].mask, ring)
    (tmp_path / "other.csv").touch()
    assert "holds 2 of them" in refusal(f"via:{tmp_path}", "test")


def test_via_polygon_beyond_the_border_is_cut_off(tmp_path: Path) -> None:
    name = name_in("train")
    write_via(tmp_path, name, via_region([(-9.0, 10.0), (20.0, 10.0), (20.0, 99.0), (-9.0, 99.0)]))
    truth = np.zeros((SIDE, SIDE), bool)
    truth[10:, :20] = True
    assert np.array_equal(samples(f"via:{tmp_path}")[f"{name}-1"].mask, truth)


def test_via_image_turned_by_its_exif_data_is_annotated_as_people_see_it(tmp_path: Path) -> None:
    name = name_in("train")
    write_via(tmp_path, name, via_region([(2.0, 30.0), (38.0, 30.0), (38.0, 55.0), (2.0, 55.0)]))
    upright = np.full((60, 40, 3), 255, np.uint8)
    upright[30:55, 2:38] = 0
    image = Image.fromarray(np.rot90(upright))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / f"{name}.png", exif=exif)
    sample = samples(f"via:{tmp_path}")[f"{name}-1"]
    assert np.array_equal(sample.mask, sample.image.mean(axis=2) < 128)


def test_via_faults_are_named(tmp_path: Path) -> None:
    name = name_in("train")
    file = write_via(tmp_path, name, via_region(TRIANGLE))
    entry = json.loads(file.read_text())
    region = next(iter(entry.values()))["regions"][0]
    region["shape_attributes"] = {"name": "cloud"}
    file.write_text(json.dumps(entry))
    assert "is a 'cloud', which is not read" in refusal(f"via:{tmp_path}")
    region["shape_attributes"] = {"name": "polyline", "all_points_x": [1, 2, 3], "all_points_y": [1, 2, 3]}
    file.write_text(json.dumps(entry))
    assert f"left out: 1 polyline, which encloses nothing ({name}.png, region 1)" in refusal(f"via:{tmp_path}")
    del region["shape_attributes"]
    file.write_text(json.dumps(entry))
    assert "is damaged (it lacks 'shape_attributes')" in refusal(f"via:{tmp_path}")
    write_via(tmp_path, name, via_region(TRIANGLE))
    (tmp_path / f"{name}.png").unlink()
    assert f"names {name}.png, which is not in" in refusal(f"via:{tmp_path}")


def write_labelme(folder: Path, name: str, *shapes: dict[str, Any], **changes: Any) -> None:
    photograph(folder / f"{name}.jpg")
    record = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": f"{name}.jpg", "imageData": None}
    record |= {"imageHeight": SIDE, "imageWidth": SIDE} | changes
    (folder / f"{name}.json").write_text(json.dumps(record))


def shape(kind: str, points: list[tuple[float, float]], label: str = "cup", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}} | more


def test_labelme_draws_every_shape_that_encloses_something(tmp_path: Path) -> None:
    name = name_in("train")
    patch = io.BytesIO()
    Image.fromarray(np.eye(12, dtype=bool) | np.eye(12, k=1, dtype=bool)).save(patch, format="PNG")
    text = base64.b64encode(patch.getvalue()).decode()
    write_labelme(
        tmp_path / "part",
        name,
        shape("polygon", TRIANGLE),
        shape("rectangle", [(30, 38), (10, 20)], "pot"),
        shape("circle", [(20, 20), (20, 30)], "lid"),
        shape("mask", [(25, 3), (36, 14)], "net", mask=text),
        shape("line", [(0, 0), (30, 30)]),
        shape("point", [(3, 3)]),
    )
    found = samples(f"labelme:{tmp_path}")
    assert list(found) == [f"part-{name}-{number}" for number in (1, 2, 3, 4)]
    polygon, rectangle, circle, net = (sample.mask for sample in found.values())
    assert np.array_equal(polygon, drawn(TRIANGLE))
    assert np.array_equal(rectangle, drawn([(10, 20), (30, 20), (30, 38), (10, 38)]))
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    assert np.count_nonzero(circle ^ (np.hypot(rows - 20, columns - 20) < 10)) <= 4
    assert np.array_equal(net[3:15, 25:37], np.eye(12, dtype=bool) | np.eye(12, k=1, dtype=bool))
    assert net.sum() == 23
    assert list(samples(f"labelme:{tmp_path}", masks="pot")) == [f"part-{name}-2"]


def test_labelme_puts_groups_together(tmp_path: Path) -> None:
    name = name_in("val")
    far = [(25.0, 25.0), (38.0, 25.0), (38.0, 38.0)]
    write_labelme(tmp_path, name, shape("polygon", TRIANGLE, group_id=1), shape("polygon", far, group_id=1))
    (sample,) = samples(f"labelme:{tmp_path}", "val").values()
    assert np.array_equal(sample.mask, drawn(TRIANGLE, far))


def test_labelme_faults_are_named(tmp_path: Path) -> None:
    name = name_in("train")
    write_labelme(tmp_path, name, shape("polygon", TRIANGLE), imageWidth=50)
    assert f"has {SIDE} x {SIDE} pixels upright" in refusal(f"labelme:{tmp_path}")
    write_labelme(tmp_path, name, shape("mask", [(2, 2), (3, 3)], mask="no base64"))
    assert "a mask cannot be read" in refusal(f"labelme:{tmp_path}")
    write_labelme(tmp_path, name, {"points": []})
    assert "lacks 'label'" in refusal(f"labelme:{tmp_path}")
    outside = tmp_path / "inside"
    photograph(tmp_path / "secret.png")
    write_labelme(outside, name, shape("polygon", TRIANGLE), imagePath="../secret.png")
    assert "which is not in" in refusal(f"labelme:{outside}")


def coco_record(name: str, *segmentations: Any, **more: Any) -> dict[str, Any]:
    annotations = [
        {"id": 100 + number, "image_id": 7, "category_id": 3 + number % 2, "segmentation": each, "iscrowd": 0} | more
        for number, each in enumerate(segmentations)
    ]
    return {
        "images": [{"id": 7, "file_name": f"{name}.jpg", "height": SIDE, "width": SIDE}],
        "categories": [{"id": 3, "name": "cup"}, {"id": 4, "name": "pot"}],
        "annotations": annotations,
    }


def flat(polygon: list[tuple[float, float]]) -> list[float]:
    return [number for point in polygon for number in point]


def test_coco_folder_has_its_own_test_split(tmp_path: Path) -> None:
    train, val = name_in("train", False), name_in("val", False)
    for folder, file, names in (("train2017", "train", (train, val)), ("val2017", "val", ("000000000139",))):
        records = [coco_record(name, [flat(TRIANGLE)]) for name in names]
        for number, (name, record) in enumerate(zip(names, records, strict=True)):
            photograph(tmp_path / folder / f"{name}.jpg")
            record["images"][0]["id"] = record["annotations"][0]["image_id"] = number
            record["annotations"][0]["id"] = number
        merged = records[0] | {
            key: [each for record in records for each in record[key]] for key in ("images", "annotations")
        }
        path = tmp_path / "annotations" / f"instances_{file}2017.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(merged))
    assert list(samples(f"coco:{tmp_path}", "train")) == [f"{train}-0"]
    assert list(samples(f"coco:{tmp_path}", "val")) == [f"{val}-1"]
    assert list(samples(f"coco:{tmp_path}", "test")) == ["000000000139-0"]
    (tmp_path / "annotations" / "instances_val2014.json").touch()
    assert "holds 2 files" in refusal(f"coco:{tmp_path}", "test")


def test_coco_objects_are_those_of_pycocotools(tmp_path: Path) -> None:
    name = name_in("train")
    photograph(tmp_path / "images" / f"{name}.jpg")
    blob = np.zeros((SIDE, SIDE), np.uint8, order="F")
    blob[10:30, 5:25] = 1
    runs = coco_masks.encode(blob)
    compressed = {"size": runs["size"], "counts": runs["counts"].decode()}
    two = [flat(TRIANGLE), [30.0, 30.0, 39.0, 30.0, 39.0, 39.0, 30.0, 39.0]]
    (tmp_path / "labels.json").write_text(json.dumps(coco_record(name, two, compressed, [flat(TINY)])))
    found = samples(f"coco:{tmp_path / 'labels.json'}")
    assert list(found) == [f"{name}-100", f"{name}-101"]
    theirs = coco_masks.decode(coco_masks.merge(coco_masks.frPyObjects(two, SIDE, SIDE)))
    ours = found[f"{name}-100"].mask
    # pycocotools fills polygons on a finer grid and differs by pixels of the boundary.
    assert (ours & theirs.astype(bool)).sum() / (ours | theirs.astype(bool)).sum() > 0.95
    assert np.array_equal(found[f"{name}-101"].mask, blob == 1)
    assert list(samples(f"coco:{tmp_path / 'labels.json'}", masks="pot")) == [f"{name}-101"]
    assert "did you mean 'pot'" in refusal(f"coco:{tmp_path / 'labels.json'}", masks="pots")


def test_coco_leaves_crowds_out_and_reads_what_we_export(tmp_path: Path) -> None:
    name = name_in("train")
    photograph(tmp_path / f"{name}.jpg")
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(coco_record(name, [flat(TRIANGLE)], iscrowd=1)))
    assert "is empty" in refusal(f"coco:{file}")
    file.write_bytes(encode_coco([Annotation(f"{name}.jpg", drawn(TRIANGLE))]))
    assert np.array_equal(samples(f"coco:{file}")[f"{name}-1"].mask, drawn(TRIANGLE))


def test_coco_faults_are_named(tmp_path: Path) -> None:
    name = name_in("train")
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(coco_record(name, [flat(TRIANGLE)])))
    assert f"names {name}.jpg, which is in none of" in refusal(f"coco:{file}")
    photograph(tmp_path / f"{name}.jpg")
    file.write_text(json.dumps(coco_record(name, [["a", 2, 3, 4, 5, 6]])))
    assert "Annotation 1 of" in refusal(f"coco:{file}")
    file.write_text(json.dumps(coco_record("../../etc/passwd", [flat(TRIANGLE)])))
    assert "is no file name" in refusal(f"coco:{file}")
    file.write_text("{}")
    assert "it lacks 'categories'" in refusal(f"coco:{file}")
    file.write_text("[]")
    assert "it is not a JSON object" in refusal(f"coco:{file}")
    record = coco_record(name, [flat(TRIANGLE)])
    file.write_text(json.dumps({**record, "annotations": {"1": record["annotations"][0]}}))
    assert "'annotations' is not a list of JSON objects" in refusal(f"coco:{file}")
    file.write_text(json.dumps(coco_record(name, [flat(TRIANGLE)], image_id=8)))
    assert "the file has no image 8" in refusal(f"coco:{file}")
    file.write_text(json.dumps(coco_record(name, [flat(TRIANGLE)], category_id=77)))
    assert "the file has no category 77" in refusal(f"coco:{file}", masks="pot")
    file.write_text(json.dumps(coco_record(name, [[[x, y] for x, y in TRIANGLE]])))
    assert "not a number" in refusal(f"coco:{file}")
    file.write_text(json.dumps(coco_record(name, [flat(TRIANGLE)])))
    photograph(tmp_path / f"{name}.jpg", 30)
    assert f"30 x 30 pixels upright but {file}, annotation 1, is 40 x 40" in refusal(f"coco:{file}")


@pytest.mark.slow
def test_a_coco_file_as_large_as_that_of_val2017_is_listed_in_half_a_minute(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    images = [{"id": n, "file_name": f"{n:012d}.jpg", "height": 480, "width": 640} for n in range(5000)]
    annotations = []
    for number in range(36_781):
        radius = rng.uniform(10, 150) * rng.uniform(0.8, 1.2, 40)
        centre = rng.uniform(50, 430, 2)
        polygon = centre[:, None] + radius * np.stack([np.cos(angles), np.sin(angles)])
        corners = np.clip(polygon, 0, 480).round(2).T.ravel().tolist()
        annotations.append({"id": number, "image_id": number % 5000, "category_id": 1, "segmentation": [corners]})
    record = {"images": images, "categories": [{"id": 1, "name": "cup"}], "annotations": annotations}
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_val2017.json").write_text(json.dumps(record))
    start = time.process_time()
    source = open_source(f"coco:{tmp_path}", "test", SIDE)
    assert len(source) > 30_000
    assert time.process_time() - start < 30
