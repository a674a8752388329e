"""Annotation formats: round trips, here and through other tools."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from PIL import Image
from pycocotools.coco import COCO
from skimage.measure import points_in_poly

from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.annotation.formats import (
    Annotation,
    decode_coco,
    decode_indexed,
    decode_labelme,
    decode_mask,
    decode_scribbles,
    decode_trajectories,
    decode_via_csv,
    decode_via_json,
    encode_coco,
    encode_indexed,
    encode_labelme,
    encode_mask,
    encode_scribbles,
    encode_trajectories,
    encode_via_csv,
    encode_via_json,
    encode_yolo,
)
from cutout_rl.evaluation.demonstrations import load, record, save
from cutout_rl.game.config import GameConfig

RING = np.zeros((9, 11), bool)
RING[1:8, 1:10] = True
RING[3:6, 3:5] = RING[4:7, 6:9] = False
RING[4, 7] = True  # an island in a hole

masks = st.one_of(
    arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    st.sampled_from(
        [RING, ~RING, np.eye(7, dtype=bool), np.eye(7, dtype=bool)[::-1], np.indices((8, 8)).sum(0) % 2 > 0]
    ),
)
SIZES = {"a.png": 1234, "b c,d.jpg": 5}


def coco_of(data: bytes, folder: Path) -> COCO:
    (folder / "coco.json").write_bytes(data)
    return COCO(folder / "coco.json")


def masks_in(annotations: Iterable[Annotation]) -> list[tuple[str, str, list[list[bool]]]]:
    return [(annotation.image, annotation.category, annotation.mask.tolist()) for annotation in annotations]


def by_outlines(polygons: Iterable[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill polygons with matplotlib: the pixels whose centres are inside."""
    centres = np.argwhere(np.ones(shape, bool))[:, ::-1] + 0.5
    inside = [Outline(polygon, closed=False).contains_points(centres) for polygon in polygons]
    return np.any([np.zeros(len(centres), bool), *inside], axis=0).reshape(shape)


@given(masks)
def test_mask_png(mask: NDArray[np.bool_]) -> None:
    data = encode_mask(mask)
    assert np.array_equal(decode_mask(data, mask.shape), mask)
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), mask * 255)


@pytest.mark.parametrize("picture", [Image.fromarray(RING), Image.fromarray(RING.astype(np.uint8))])
def test_mask_png_of_one_bit_and_of_ones(picture: Image.Image) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    assert np.array_equal(decode_mask(buffer.getvalue(), RING.shape), RING)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_indexed_png_and_its_colours(objects: NDArray[np.uint8]) -> None:
    data = encode_indexed(objects)
    assert np.array_equal(decode_indexed(data, objects.shape), objects)
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "P"
    colours = np.asarray(picture.convert("RGB"))
    for number in np.unique(objects):
        (colour,) = np.unique(colours[objects == number], axis=0)
        assert (colour.max() == 0) == (number == 0)


def test_first_objects_have_colours_of_their_own() -> None:
    numbers = np.arange(32, dtype=np.uint8)[None]
    colours = np.asarray(Image.open(io.BytesIO(encode_indexed(numbers))).convert("RGB"))[0].astype(int)
    apart = np.abs(colours[:, None] - colours).sum(axis=2) + 999 * np.eye(32, dtype=int)
    assert apart.min() >= 15


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2)))
def test_scribbles_png(labels: NDArray[np.uint8]) -> None:
    data = encode_scribbles(labels)
    assert np.array_equal(decode_scribbles(data, labels.shape), labels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), labels)


@given(st.lists(masks, min_size=1, max_size=3), st.booleans())
def test_coco_comes_back_here_and_in_pycocotools(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[NDArray[np.bool_]], polygons: bool
) -> None:
    annotations = [Annotation(f"{number}.png", mask, f"kind {number % 2}") for number, mask in enumerate(drawn)]
    shapes = {annotation.image: annotation.mask.shape for annotation in annotations}
    data = encode_coco(annotations, polygons)
    full = [annotation for annotation in annotations if annotation.mask.any()]
    assert masks_in(decode_coco(data, shapes)) == masks_in(full)
    coco = coco_of(data, tmp_path_factory.getbasetemp())
    assert [coco.imgs[number]["file_name"] for number in coco.getImgIds()] == list(shapes)
    for annotation, entry in zip(full, coco.loadAnns(coco.getAnnIds()), strict=True):
        assert np.array_equal(coco.annToMask(entry), annotation.mask)
        assert coco.imgs[entry["image_id"]]["file_name"] == annotation.image
        assert coco.cats[entry["category_id"]]["name"] == annotation.category
        rows, columns = np.nonzero(annotation.mask)
        x, y, width, height = entry["bbox"]
        assert (x, y, x + width, y + height) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert entry["area"] == len(rows)


@given(masks)
def test_yolo_outlines_are_filled_to_the_mask(mask: NDArray[np.bool_]) -> None:
    files = dict(encode_yolo([Annotation("a.png", mask, 'a "thing"')]))
    height, width = mask.shape
    for to_pixels in (np.floor, np.round):  # Ultralytics cuts off, supervision rounds
        drawn = np.zeros(mask.shape, np.uint8)
        for line in files["labels/a.txt"].decode().splitlines():
            number, *shares = line.split()
            assert number == "0"
            assert len(shares) >= 6
            corners = np.array(shares, np.float32).reshape(-1, 2) * (width, height)
            cv2.fillPoly(drawn, [to_pixels(corners).astype(np.int32)], 1)
        assert np.array_equal(drawn, mask)
    assert files["data.yaml"].decode().endswith('names:\n  0: "a \\"thing\\""\n')


@given(st.lists(masks, min_size=1, max_size=1))
def test_labelme_comes_back(drawn: list[NDArray[np.bool_]]) -> None:
    annotations = [Annotation("a.png", drawn[0], "cat"), Annotation("a.png", ~drawn[0], "dog")]
    data = encode_labelme(annotations)
    full = [annotation for annotation in annotations if annotation.mask.any()]
    assert masks_in(decode_labelme(data, {"a.png": drawn[0].shape})) == masks_in(full)
    record = json.loads(encode_labelme(annotations, "../photos"))
    assert record["imagePath"] == "../photos/a.png"
    assert all(shape["shape_type"] == "mask" for shape in record["shapes"])


def test_several_objects_of_one_image_may_overlap() -> None:
    annotations = [Annotation("a.png", RING), Annotation("a.png", ~RING, "ground"), Annotation("a.png", RING)]
    shapes = {"a.png": RING.shape}
    for data in (encode_coco(annotations), encode_coco(annotations, polygons=True)):
        assert len(json.loads(data)["images"]) == 1
        assert masks_in(decode_coco(data, shapes)) == masks_in(annotations)
    assert masks_in(decode_via_json(encode_via_json(annotations, SIZES), shapes)) == masks_in(annotations)
    assert masks_in(decode_via_csv(encode_via_csv(annotations, SIZES), shapes)) == masks_in(annotations)


def test_run_lengths_that_are_not_compressed_are_read() -> None:
    record = json.loads(encode_coco([Annotation("a.png", np.array([[0, 1, 1], [0, 1, 0]], bool))]))
    record["annotations"][0]["segmentation"]["counts"] = [2, 3, 1]
    (annotation,) = decode_coco(json.dumps(record).encode(), {"a.png": (2, 3)})
    assert annotation.mask.tolist() == [[False, True, True], [False, True, False]]


def polygons_in_via_json(data: bytes) -> list[NDArray[np.float64]]:
    (image,) = json.loads(data).values()
    shapes = [region["shape_attributes"] for region in image["regions"]]
    assert all(shape["name"] == "polygon" for shape in shapes)
    return [np.column_stack([shape["all_points_x"], shape["all_points_y"]]).astype(float) for shape in shapes]


@given(masks)
def test_via_comes_back_here_and_by_matplotlib(mask: NDArray[np.bool_]) -> None:
    annotations = [Annotation("b c,d.jpg", mask, 'a "thing"')]
    shapes = {"b c,d.jpg": mask.shape}
    written, table = encode_via_json(annotations, SIZES), encode_via_csv(annotations, SIZES)
    full = masks_in(annotations) if mask.any() else []
    assert masks_in(decode_via_json(written, shapes)) == full
    assert masks_in(decode_via_csv(table, shapes)) == full
    assert np.array_equal(by_outlines(polygons_in_via_json(written), mask.shape), mask)
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [row["region_id"] for row in rows] == [str(number) for number in range(int(rows[0]["region_count"]) or 1)]
    regions = [json.loads(row["region_shape_attributes"]) for row in rows] if mask.any() else []
    assert regions == [region["shape_attributes"] for region in json.loads(written)["b c,d.jpg5"]["regions"]]


def test_outline_that_is_longer_than_pythons_own_limit_of_a_field_comes_back() -> None:
    comb = np.zeros((300, 300), np.bool_)
    comb[::3] = comb[1::3, ::2] = comb[:, 0] = True
    data = encode_via_csv([Annotation("a.png", comb)], SIZES)
    before = csv.field_size_limit(2**17)  # Python's default
    try:
        assert len(data) > 2**17
        (annotation,) = decode_via_csv(data, {"a.png": comb.shape})
    finally:
        csv.field_size_limit(before)
    assert np.array_equal(annotation.mask, comb)


def test_what_people_drew_in_via_is_read() -> None:
    header = "#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
    points = '""all_points_x"":[1,4,4.5,1],""all_points_y"":[1,1,5,4]'
    rows = [f'a.png,1,"{{}}",2,{number},"{{""name"":""polygon"",{points}}}","{{}}"' for number in range(2)]
    table = "\n".join([header, *rows, 'c.png,9,"{}",0,0,"{}","{}"']).encode()
    annotations = list(decode_via_csv(table, {"a.png": (8, 8), "c.png": (2, 2)}))
    assert [(annotation.image, annotation.category) for annotation in annotations] == [("a.png", "object")] * 2
    expected = by_outlines([np.array([[1, 1], [4, 1], [4.5, 5], [1, 4]])], (8, 8))
    assert np.array_equal(annotations[0].mask, expected)
    regions = {"0": {"shape_attributes": {"name": "polygon", "all_points_x": [0, 2, 2], "all_points_y": [0, 0, 2]}}}
    regions["0"]["region_attributes"] = {}
    project = {"_via_settings": {}, "_via_img_metadata": {"a.png1": {"filename": "a.png", "regions": regions}}}
    (annotation,) = decode_via_json(json.dumps(project).encode(), {"a.png": (2, 2)})
    assert annotation.mask.tolist() == by_outlines([np.array([[0, 0], [2, 0], [2, 2.0]])], (2, 2)).tolist()


corners = st.lists(st.tuples(st.floats(0, 9), st.floats(0, 7)), min_size=3, max_size=8)


@given(st.lists(corners, min_size=1, max_size=3))
def test_any_polygons_are_filled_as_by_scikit_image(drawn: list[list[tuple[float, float]]]) -> None:
    record = json.loads(encode_coco([Annotation("a.png", np.ones((7, 9), bool))]))
    record["annotations"][0]["segmentation"] = [[number for point in polygon for number in point] for polygon in drawn]
    (annotation,) = decode_coco(json.dumps(record).encode(), {"a.png": (7, 9)})
    centres = np.argwhere(np.ones((7, 9), bool))[:, ::-1] + 0.5
    inside = np.any([points_in_poly(centres, polygon) for polygon in drawn], axis=0)
    assert ((annotation.mask.ravel() == inside) | on_an_edge(centres, drawn)).all()


def on_an_edge(centres: NDArray[np.float64], polygons: list[list[tuple[float, float]]]) -> NDArray[np.bool_]:
    """Return where both results are acceptable."""
    near = np.zeros(len(centres), bool)
    for polygon in map(np.array, polygons):
        for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            side = end - start
            along = np.clip((centres - start) @ side / max(side @ side, 1e-300), 0, 1)
            near |= np.hypot(*(start + along[:, None] * side - centres).T) < 1e-6
    return near


def test_trajectories_come_back_and_are_cloned_as_demonstrations_are(tmp_path: Path) -> None:
    game_config = GameConfig(image_size=32, step_len=6, step_count=5)
    for player in (RandomPens(), StillPens()):
        demonstrations = record(player, game_config, 3, seed=7)
        again = decode_trajectories(encode_trajectories(demonstrations))
        save(again, tmp_path / player.label)
        loaded = load(tmp_path / player.label)
        assert (loaded.player, loaded.game_config, loaded.names) == (player.label, game_config, demonstrations.names)
        for name in ("index", "seed", "start", "actions", "iou"):
            assert np.array_equal(getattr(loaded, name), getattr(demonstrations, name))
