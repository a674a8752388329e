"""Damaged and malicious annotation files raise a one-sentence error, quickly."""

import contextlib
import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.annotation.formats import (
    Annotation,
    decode_coco,
    decode_indexed,
    decode_mask,
    decode_scribbles,
    decode_trajectories,
    decode_via_csv,
    decode_via_json,
    encode_coco,
    encode_mask,
    encode_scribbles,
    encode_trajectories,
    encode_via_csv,
    encode_via_json,
)
from cutout_rl.data.formats.via import parse_via_csv, parse_via_json
from cutout_rl.evaluation.demonstrations import record
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import MAX_BYTES

MASK = np.array([[0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], bool)
SHAPES = {"a.png": (3, 4)}
GOOD = [Annotation("a.png", MASK)]
COCO, POLYGONS = encode_coco(GOOD), encode_coco(GOOD, polygons=True)
VIA_JSON, VIA_CSV = encode_via_json(GOOD, {"a.png": 9}), encode_via_csv(GOOD, {"a.png": 9})
TRAJECTORIES = encode_trajectories(record(RandomPens(), GameConfig(image_size=32, step_len=6, step_count=2), 1))

Change = Callable[[Any], object]


def changed(data: bytes, change: Change) -> bytes:
    record = json.loads(data)
    change(record)
    return json.dumps(record).encode()


def refused(decode: Callable[[], object], said: str) -> None:
    with pytest.raises(CutOutError, match=said) as caught:
        decode()
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400


def segmentation(value: object) -> Change:
    return lambda record: record["annotations"][0].update(segmentation=value)


def counts(value: object) -> Change:
    return segmentation({"size": [3, 4], "counts": value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record.pop("images"), "lacks 'images'"),
        (lambda record: record["images"][0].update(file_name="../a.png"), "no file name"),
        (lambda record: record["images"][0].update(file_name="C:\\a.png"), "no file name"),
        (lambda record: record["images"][0].update(file_name=".."), "no file name"),
        (lambda record: record["images"][0].update(file_name=""), "no file name"),
        (lambda record: record["images"][0].update(file_name="a\0.png"), "no file name"),
        (lambda record: record["images"][0].update(file_name="a\n.png"), "no file name"),
        (lambda record: record["images"][0].update(file_name="\ud800"), "no file name"),
        (lambda record: record["images"][0].update(file_name="a" * 10**6), "no file name"),
        (lambda record: record["images"][0].update(file_name=7), "no file name"),
        (lambda record: record["images"][0].update(file_name=[7] * 10**5), "no file name"),
        (lambda record: record["images"][0].update(file_name="b.png"), "does not exist here"),
        (lambda record: record["images"][0].update(width=10**9), "another size"),
        (lambda record: record["images"][0].update(id=True), "not an integer"),
        (lambda record: record["annotations"][0].update(image_id=2), "Annotation 1 .*the file has no image 2"),
        (lambda record: record["annotations"][0].update(category_id=2), "the file has no category 2"),
        (lambda record: record.update(annotations=[3]), "damaged"),
        (lambda record: record.update(annotations={"a": 1}), "damaged"),
        (segmentation({"size": [3, 5], "counts": [12]}), "another size"),
        (segmentation({"size": [10**5, 10**5], "counts": [10**10]}), "another size"),
        (counts([11]), "do not fill"),
        (counts([10**9]), "do not fill"),
        (counts([10**400]), "do not fill"),
        (counts([13, -1]), "do not fill"),
        (counts([12.5]), "not an integer"),
        (counts([float("nan")]), "NaN is not a number"),
        (counts(""), "do not fill"),
        (counts("~~"), "not COCO text"),
        (counts("P"), "middle of a count"),
        (counts("P" * 10**6), "not COCO text"),
        (segmentation([[0, 0, 5, 0, 4, 3]]), "leaves the image"),
        (segmentation([[0, 0, 4, 0, 4, -0.1]]), "leaves the image"),
        (segmentation([[0, 0, 4, 0, 4, 10**400]]), "damaged"),
        (segmentation([[0, 0, 4, 0, 4]]), "damaged"),
        (segmentation([[0, 0, 4, 0]]), "fewer than 3 corners"),
        (segmentation([[0, 0, 4, "0", 4, 3]]), "not a number"),
        (segmentation([[0, 0, 4, 3] * 10**5]), "far more corners"),
        (segmentation(None), "1 box without a mask"),
        (segmentation([]), "1 box without a mask"),
        (segmentation("x"), "damaged"),
        (segmentation({"size": [10**9, 10**9], "counts": [10**18]}), "another size"),
    ],
)
def test_coco(change: Change, said: str) -> None:
    refused(lambda: list(decode_coco(changed(COCO, change), SHAPES)), said)


def test_infinite_corner() -> None:
    data = changed(COCO, segmentation([[0, 0, 4, 0, 4, 123456789]])).replace(b"123456789", b"1e999")
    refused(lambda: list(decode_coco(data, SHAPES)), "leaves the image")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 10**6, b"NaN", b'{"a": ' + b"9" * 10**5 + b"}"])
@pytest.mark.parametrize("decode", [decode_coco, decode_via_json, lambda data, _: [decode_trajectories(data)]])
def test_no_json(data: bytes, decode: Callable[[bytes, Any], Any]) -> None:
    refused(lambda: list(decode(data, SHAPES)), "The ")


@pytest.mark.parametrize(
    "decode", [decode_coco, decode_via_json, decode_via_csv, lambda data, _: [decode_trajectories(data)]]
)
def test_too_large_a_file(decode: Callable[[bytes, Any], Any]) -> None:
    refused(lambda: list(decode(bytes(MAX_BYTES + 1), SHAPES)), "larger than 256 MiB")


def region(record: Any) -> Any:
    return record["a.png9"]["regions"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record["a.png9"].update(filename="/etc/passwd"), "no file name"),
        (lambda record: record["a.png9"].update(filename="b.png"), "does not exist here"),
        (lambda record: record["a.png9"].pop("regions"), "lacks 'regions'"),
        (lambda record: region(record)["shape_attributes"].update(name="rect"), "lacks 'x'"),
        (lambda record: region(record)["shape_attributes"].update(name="polyline"), "1 polyline, which encloses"),
        (lambda record: region(record)["shape_attributes"].update(name="cloud"), "is a 'cloud', which is not read"),
        (lambda record: record.update(other=record["a.png9"] | {"size": 10}), "two images named 'a.png'"),
        (lambda record: region(record)["shape_attributes"].update(all_points_x=[0, 1]), "damaged"),
        (lambda record: region(record)["shape_attributes"]["all_points_y"].__setitem__(0, 4), "leaves the image"),
        (lambda record: region(record)["shape_attributes"].update(all_points_x=3), "damaged"),
        (lambda record: region(record).update(region_attributes=[]), "damaged"),
        (lambda record: record.update(more=[]), "damaged"),
    ],
)
def test_via_json(change: Change, said: str) -> None:
    refused(lambda: list(decode_via_json(changed(VIA_JSON, change), SHAPES)), said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"filename,", b"name,", "columns are not"),
        (b"a.png", b"../a.png", "no file name"),
        (b"a.png", b"b.png", "does not exist here"),
        (b'""polygon""', b'""circle""', "lacks 'cx'"),
        (b'""polygon""', b'"polygon"', "damaged"),
        (b'""object""', b"object", "not valid JSON"),
        (b"[1", b"[NaN", "NaN is not a number"),
        (b",{}", b"", "damaged"),
        (VIA_CSV, b"", "damaged"),
    ],
)
def test_via_csv(old: bytes, new: bytes, said: str) -> None:
    assert old in VIA_CSV
    refused(lambda: list(decode_via_csv(VIA_CSV.replace(old, new), SHAPES)), said)


def test_via_csv_that_ends_too_early() -> None:
    whole = VIA_CSV.rstrip()
    assert whole.endswith(b'}"')
    refused(lambda: list(decode_via_csv(whole[:-1], SHAPES)), "damaged")


@pytest.mark.parametrize(("parse", "data"), [(parse_via_json, VIA_JSON), (parse_via_csv, VIA_CSV)])
def test_via_refuses_paths_before_it_searches_for_an_image(parse: Callable[[bytes], object], data: bytes) -> None:
    refused(lambda: parse(data.replace(b"a.png", b"../a.png")), "no file name")


def episode(**values: object) -> Change:
    return lambda record: record["episodes"][0].update(values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record.update(version=2), "version 2"),
        (lambda record: record["settings"].update(step_len=0), "step_len"),
        (lambda record: record["settings"].update(step_count=10**9), "at most 100,000 steps"),
        (lambda record: record["settings"].update(step_count=2.5), "whole number"),
        (lambda record: record["settings"].update(code="import os"), "damaged"),
        (lambda record: record.pop("player"), "lacks 'player'"),
        (episode(start=[[0, 0], [32, 0]]), "outside"),
        (episode(start=[[0, 0]]), "damaged"),
        (episode(actions=[16]), "not a move"),
        (episode(actions=[1, 2, 3]), "3 moves"),
        (episode(actions=[1.0]), "not an integer"),
        (episode(iou=[0.5]), "1 IoUs"),
        (episode(iou=[0.5, 0.5, 1.5]), "between 0 and 1"),
        (episode(index=10**30), "damaged"),
    ],
)
def test_trajectories(change: Change, said: str) -> None:
    refused(lambda: decode_trajectories(changed(TRAJECTORIES, change)), said)


def png_claiming(width: int, height: int) -> bytes:
    """Encode a PNG whose header declares a size and whose pixel data has a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def png(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("decode", [decode_mask, decode_indexed, decode_scribbles])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encode_mask(MASK.T), "3 x 4 pixels, but its image is 4 x 3"),
        (png_claiming(100_000, 100_000), "million pixels"),
        (png_claiming(9_000, 9_000), "9000 x 9000"),
        (png_claiming(4, 3), "cannot be read"),
        (encode_mask(MASK)[:48], "cannot be read"),
        (b"", "cannot be read"),
        (png(Image.new("RGB", (4, 3), (9, 0, 0))), "is coloured"),
        (png(Image.new("L", (4, 3), 77), "JPEG"), "other|loss"),
    ],
)
def test_png(decode: Callable[[bytes, tuple[int, int]], object], data: bytes, said: str) -> None:
    refused(lambda: decode(data, (3, 4)), said)


def test_levels_that_mean_nothing() -> None:
    grey = png(Image.new("L", (4, 3), 77))
    refused(lambda: decode_mask(grey, (3, 4)), "levels other than")
    refused(lambda: decode_mask(png(Image.new("L", (4, 3), 128)), (3, 4)), "stand for void")
    refused(lambda: decode_scribbles(grey, (3, 4)), "other numbers")


@given(st.data())
def test_any_damage_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    files: list[tuple[bytes, Callable[[bytes], object]]] = [
        (COCO, lambda file: list(decode_coco(file, SHAPES))),
        (POLYGONS, lambda file: list(decode_coco(file, SHAPES))),
        (VIA_JSON, lambda file: list(decode_via_json(file, SHAPES))),
        (VIA_CSV, lambda file: list(decode_via_csv(file, SHAPES))),
        (TRAJECTORIES, decode_trajectories),
        (encode_mask(MASK), lambda file: decode_mask(file, (3, 4))),
        (encode_scribbles(MASK.view(np.uint8)), lambda file: decode_scribbles(file, (3, 4))),
    ]
    file, decode = data.draw(st.sampled_from(files))
    place = data.draw(st.integers(0, len(file)))
    junk = data.draw(
        st.binary(max_size=3) | st.sampled_from([b"[", b"-", b"9", b"null", b'"', b"{}", b"\\u0000", b"1e9"])
    )
    # Any exception but CutOutError fails the test.
    with contextlib.suppress(CutOutError):
        decode(file[:place] + junk + file[place + data.draw(st.integers(0, 6)) :])
