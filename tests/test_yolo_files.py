"""YOLO segmentation labels: read as they are written, damage and boxes named."""

import io
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given
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
    ],
)
def test_names_are_read_in_every_usual_style(text: str, names: list[str]) -> None:
    assert decode_yolo_names(text.encode()) == names


@pytest.mark.parametrize("text", ["train: images", "names:\n  0: cat\n  2: dog", 'names:\n  0: "cat'])
def test_names_that_cannot_be_told_are_refused_or_read_as_they_stand(text: str) -> None:
    if text.endswith('"cat'):
        assert decode_yolo_names(text.encode()) == ['"cat']
    else:
        with pytest.raises(CutOutError, match=r"data\.yaml is damaged"):
            decode_yolo_names(text.encode())


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
