"""YOLO segmentation labels: read as they are written, damage and boxes named."""

import io
from zipfile import ZipFile

import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cutout_rl.annotation.formats import Annotation, decode_yolo, decode_yolo_names, encode_yolo
from cutout_rl.data.left_out import LeftOut
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.archives import MAX_FILES, is_archive, unpack

SHAPE = (40, 50)
masks = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(masks)
def test_objects_come_back_as_their_parts(mask: NDArray[np.bool_]) -> None:
    files = dict(encode_yolo([Annotation("a.png", mask, "cat")], "", ["dog", "cat"]))
    names = decode_yolo_names(files["data.yaml"])
    assert names == ["dog", "cat"]
    parts = list(decode_yolo(files["labels/a.txt"], "a.png", mask.shape, names))
    assert all(part.category == "cat" for part in parts)
    united = np.any([part.mask for part in parts], axis=0) if parts else np.zeros(mask.shape, np.bool_)
    assert np.array_equal(united, mask)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [cat, 'big dog']", ["cat", "big dog"]),
        ('path: .\nnames:\n  0: cat\n  1: "d\\u00f6g"\nnc: 2', ["cat", "dög"]),
        ("names:\n- cat\n- 'it''s'\n", ["cat", "it's"]),
        ("names:\n  1: dog\n  0: cat\n", ["cat", "dog"]),
        ("names: {0: cat, 1: dog} # two", ["cat", "dog"]),
        ('names: ["car, red", "bus"]', ["car, red", "bus"]),
        ("names: [cat,\n  dog]\nnc: 2", ["cat", "dog"]),
        ("names:\n  [\n    cat,\n    dog,\n  ]\n", ["cat", "dog"]),
        ("names:\n- cat  # a comment\n- dog\n", ["cat", "dog"]),
        ('{"train": "images", "names": ["\\ud83d\\ude00", "cat"]}', ["😀", "cat"]),
        ("names: [yes, 12, 2024-01-01, null]", ["yes", "12", "2024-01-01", "null"]),
        ("other: &all [cat, dog]\nnames: *all", ["cat", "dog"]),
        ("names:\nnc: 0", []),
    ],
)
def test_names_are_read_in_every_usual_style(text: str, names: list[str]) -> None:
    assert decode_yolo_names(text.encode()) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: images", "it has no names"),
        ("names:\n  0: cat\n  2: dog", "not numbered from 0"),
        ("names: {0: cat, 0: dog}", "not numbered from 0"),
        ("names: {cat: 0}", "cat"),
        ('names:\n  0: "cat', "no YAML"),
        ("names: [cat]\nnames: [dog]", "several names"),
        ("names: cat", "neither a list nor a mapping"),
        ("names: [[cat]]", "a list or a mapping"),
        ("names: &a [*a]", "a list or a mapping"),
        ('names: ["\\ud83d"]', "damaged"),
        ("- names", "no YAML mapping"),
        ("", "no YAML mapping"),
        ("[" * 2000, "damaged"),
        (" " * 2**20 + "names: [cat]", "larger than 1 MiB"),
    ],
)
def test_names_that_cannot_be_told_are_refused(text: str, said: str) -> None:
    with pytest.raises(CutOutError, match=said):
        decode_yolo_names(text.encode())


def test_aliases_of_aliases_take_neither_time_nor_memory() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 40)) + "names: [cat]\n"
    assert decode_yolo_names(text.encode()) == ["cat"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, unique=True))
@example(["😀", "yes", "a: b", "line\nbreak", "\x85\u2028", "\ufeff"])
def test_any_names_come_back_here_and_in_pyyaml(names: list[str]) -> None:
    data = dict(encode_yolo([], "", names))["data.yaml"]
    assert decode_yolo_names(data) == names
    assert yaml.safe_load(data)["names"] == dict(enumerate(names))


def test_an_object_with_a_hole_in_every_second_column_comes_back() -> None:
    mask = np.ones((3, 2401), np.bool_)
    mask[1, 1::2] = False
    files = dict(encode_yolo([Annotation("a.png", mask, "cat")]))
    parts = list(decode_yolo(files["labels/a.txt"], "a.png", mask.shape, ["cat"]))
    assert np.array_equal(np.any([part.mask for part in parts], axis=0), mask)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x 0 0 1 0 1 1", "Line 2"),
        ("-1 0 0 1 0 1 1", "negative"),
        ("0 0 0 1 0 1", "Line 2"),
        ("0 0 0 1 0", "1 box"),
        ("0 0 0", "1 corners"),
        ("0 0 0 2 0 1 1", "leaves the image"),
        ("0 nan 0 1 0 1 1", "Line 2"),
        ("0 inf 0 1 0 1 1", "Line 2"),
    ],
)
def test_damage_is_named(line: str, said: str) -> None:
    data = f"0 0.1 0.1 0.5 0.1 0.5 0.5\n{line}\n".encode()
    with pytest.raises(CutOutError, match=said):
        list(decode_yolo(data, "a.png", SHAPE, ["cat"]))


def test_boxes_are_left_out_and_unknown_classes_numbered() -> None:
    left_out: list[LeftOut] = []
    data = b"0 0.5 0.5 0.2 0.2\n\n7 0.1 0.1 0.5 0.1 0.5 0.5\n"
    (found,) = decode_yolo(data, "a.png", SHAPE, ["cat"], left_out.append)
    assert found.category == "7"
    assert [each.name for each in left_out] == ["a.png, line 1"]


def test_archives_are_read_or_refused() -> None:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("data.yaml", "names: [cat]")
        archive.writestr("x/labels/a.TXT", "0")
        archive.writestr("image.png", "...")
    data = buffer.getvalue()
    assert is_archive(data)
    assert unpack(data, (".txt", ".yaml")) == {"data.yaml": b"names: [cat]", "x/labels/a.TXT": b"0"}
    assert not is_archive(b"PK")
    for damaged in (data[:-30], data.replace(b"names", b"nAmes")):
        with pytest.raises(CutOutError, match="The archive"):
            unpack(damaged, (".txt", ".yaml"))


def test_archives_have_a_limit() -> None:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for number in range(MAX_FILES + 1):
            archive.writestr(f"{number}.txt", b"")
    with pytest.raises(CutOutError, match="more than"):
        unpack(buffer.getvalue(), (".txt",))
