"""The page's album and its folder: uploads are limited and named safely, damage is refused, nothing is read outside."""

import json
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_server import SIZE, make_app_state
from PIL import Image

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import album
from cutout_rl.web.edits import Stroke
from cutout_rl.web.export import KINDS, export
from cutout_rl.web.image_store import Album
from cutout_rl.web.storage import Keeping


def png(width: int = 5, height: int = 4) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Claim many pixels in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@given(
    name=st.one_of(st.text(max_size=200), st.sampled_from(("../../x.png", "/etc/passwd", "a\0b.png", ".", "CON.png")))
)
def test_uploads_stay_in_their_folder_whatever_they_are_called(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("album")
    desk = make_app_state(root, images=1)
    kept = desk.album.add(name, png())
    assert [path.name for path in desk.keeping.uploads.iterdir()] == [kept]
    assert desk.album.add(name, png()) != kept
    assert desk.album.image(kept).shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no image"),
        (b"GIF89a" + b"\0" * 50, "no image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no image"),
        (png()[:45], "cannot be read"),
        (bomb(100_000, 100_000), "too large|pixels"),
        (bomb(9_000, 9_000), "81000000 pixels"),
    ],
)
def test_uploads_that_are_no_images_or_bombs_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    desk = make_app_state(tmp_path, images=1)
    with pytest.raises(CutOutError, match=said):
        desk.album.add("x.png", data)
    assert list(desk.keeping.uploads.glob("*")) == []
    assert desk.album.names() == ["blob0.png"]


def test_uploads_have_a_limit_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album, "MAX_BYTES", 10)
    with pytest.raises(CutOutError, match="larger than"):
        make_app_state(tmp_path, images=1).album.add("x.png", png())


@pytest.mark.parametrize("name", ["../secret.png", "secret.png", "", ".", "/etc/passwd", "link.png", "notes.txt"])
def test_only_listed_images_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "data" / "images" / "notes.txt").write_text("x")
    desk = make_app_state(tmp_path)
    for ask in (desk.album.image, desk.album.truth):
        with pytest.raises(CutOutError, match="no image"):
            ask(name)
    with pytest.raises(CutOutError, match="no image"):
        export(desk, "mask", name)


def test_a_plain_folder_of_images_will_do(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    pictures = Album(tmp_path, tmp_path / "kept")
    assert pictures.names() == ["a.png"]
    assert pictures.truth("a.png") is None
    with pytest.raises(CutOutError, match="holds no images"):
        Album(tmp_path / "kept", tmp_path)


def test_strokes_come_back(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    acts = [Stroke("inside", 3, ((1, 2), (3.5, 4))), Stroke("erase", 2.5, ((5, 5),), "bc")]
    assert keeping.load_acts("a.png", (9, 9)) == []
    keeping.save_acts("a.png", (9, 9), acts)
    assert keeping.load_acts("a.png", (9, 9)) == acts
    assert keeping.touched() == {"a.png"}


def test_strokes_are_replaced_as_a_whole(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    keeping.save_acts("a.png", (9, 9), [Stroke("inside", 3, ((1, 2),))])
    with (tmp_path / "strokes" / "a.png.json").open() as before:
        keeping.save_acts("a.png", (9, 9), [])
        # Who opened the file that was there still reads all of it: it was renamed over, never written into.
        assert len(json.load(before)["acts"]) == 1
    assert keeping.load_acts("a.png", (9, 9)) == []


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "null", '{"version":2,"size":[9,9],"acts":[]}', '{"version":1,"size":[9,8],"acts":[]}', "[" * 5000]
    + [
        f'{{"version":1,"size":[9,9],"acts":[{act}]}}'
        for act in (
            *("1", '{"pen":"inside"}', '{"box":[1,2]}', '{"box":3}'),
            *('{"pixels":1}', '{"pixels":"?"}', '{"pixels":""}', '{"pixels":"iVBORw0KGgo="}'),
        )
    ]
    + ['{"version":1,"size":[9,9],"acts":[{"pen":"inside","width":NaN,"points":[[1,1]]}]}'],
)
def test_damaged_strokes_are_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "strokes").mkdir()
    file = tmp_path / "strokes" / "a.png.json"
    file.write_text(text)
    with pytest.raises(CutOutError, match="move the file away"):
        Keeping(tmp_path).load_acts("a.png", (9, 9))
    assert file.read_text() == text


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_nothing_to_export_before_anything_was_done(tmp_path: Path, kind: str) -> None:
    desk = make_app_state(tmp_path, images=1)
    if kind in ("mask", "scribbles", "strokes"):
        file = export(desk, kind, "blob0.png")
        if kind == "mask":
            assert not np.asarray(Image.open(file)).any()
    else:
        with pytest.raises(CutOutError, match="yet"):
            export(desk, kind, None)


def test_exports_hold_what_was_drawn(tmp_path: Path) -> None:
    desk = make_app_state(tmp_path, images=2)
    middle, corner = Stroke("inside", 5, ((30, 32), (35, 32))), Stroke("outside", 5, ((2, 2), (60, 2)))
    desk.keeping.save_acts("blob1.png", (SIZE, SIZE), [middle, corner])
    mask = np.asarray(Image.open(export(desk, "mask", "blob1.png"))) > 0
    scribbles = np.asarray(Image.open(export(desk, "scribbles", "blob1.png")))
    assert np.array_equal(mask, desk.segmenter.segment(desk.album.image("blob1.png"), scribbles == 1, scribbles == 2))
    coco = json.loads(export(desk, "coco", None).read_text())
    assert [image["file_name"] for image in coco["images"]] == ["blob1.png"]
    assert coco["annotations"][0]["area"] == mask.sum()
    via = json.loads(export(desk, "via-json", None).read_text())
    size = (tmp_path / "data" / "images" / "blob1.png").stat().st_size
    assert list(via) == [f"blob1.png{size}"]
    assert "blob1.png" in export(desk, "via-csv", None).read_text()
    assert len(json.loads(export(desk, "strokes", "blob1.png").read_text())) == 2
