"""The page's images and folder: uploads are limited and safely named, damage is refused, nothing is read outside."""

import json
import struct
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_server import SIZE, make_app_state
from PIL import Image

from cutout_rl.data.image_files import is_readable
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import image_store
from cutout_rl.web.edits import Stroke
from cutout_rl.web.export import EXPORT_KINDS, export
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.imports import import_annotations
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.storage import Storage


def png(width: int = 5, height: int = 4) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG file of few bytes whose header declares many pixels."""

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
    root = tmp_path_factory.mktemp("images")
    app_state = make_app_state(root, images=1)
    kept = app_state.images.add(name, png())
    assert [path.name for path in app_state.storage.uploads.iterdir()] == [kept]
    assert app_state.images.add(name, png()) != kept
    assert app_state.images.load(kept).shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an image"),
        (b"GIF89a" + b"\0" * 50, "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (png()[:45], "cannot be read"),
        (bomb(100_000, 100_000), "too large|pixels"),
        (bomb(9_000, 9_000), "81000000 pixels"),
    ],
)
def test_uploads_that_are_no_images_or_bombs_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    app_state = make_app_state(tmp_path, images=1)
    with pytest.raises(CutOutError, match=said):
        app_state.images.add("x.png", data)
    assert list(app_state.storage.uploads.glob("*")) == []
    assert app_state.images.names() == ["blob0.png"]


@pytest.mark.parametrize(
    ("kind", "suffix", "flags"),
    [
        ("MPO", ".jpg", {"save_all": True, "append_images": [Image.new("RGB", (9, 9))]}),
        ("JPEG", ".jpg", {}),
        ("TIFF", ".tif", {}),
        ("GIF", ".gif", {}),
        ("AVIF", ".avif", {}),
        ("WEBP", ".webp", {}),
    ],
)
def test_usual_kinds_of_images_are_uploaded(tmp_path: Path, kind: str, suffix: str, flags: dict[str, object]) -> None:
    if not is_readable(suffix):
        pytest.skip(f"this Pillow has no {kind}")
    app_state = make_app_state(tmp_path, images=1)
    buffer = BytesIO()
    Image.new("RGB", (30, 20), (200, 30, 40)).save(buffer, kind, **flags)
    name = app_state.images.add("IMG_0001.JPG", buffer.getvalue())
    assert name == f"IMG_0001{suffix}"
    assert np.abs(app_state.images.load(name).astype(int) - (200, 30, 40)).max() <= 8
    assert name in ImageStore(tmp_path / "data", app_state.storage.uploads).names()


def test_heic_is_named_where_it_cannot_be_read(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=1)
    data = b"\0\0\0\x18ftypheic" + bytes(40)
    remedy = "save it as PNG" if is_readable(".heic") else "install pi-heif, or save it as JPEG"
    with pytest.raises(CutOutError, match=remedy):
        app_state.images.add("IMG_0001.HEIC", data)


def test_what_the_page_leaves_out_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app_state = make_app_state(tmp_path, images=3)
    images = tmp_path / "data" / "images"
    (images / "film.mov").touch()
    (images / "more").mkdir()
    (images / "more" / "x.png").write_bytes(png())
    (images / "link.png").symlink_to(tmp_path / "elsewhere.png")
    (tmp_path / "elsewhere.png").write_bytes(png())
    with caplog.at_level("WARNING"):
        assert ImageStore(tmp_path / "data", app_state.storage.uploads).names() == app_state.images.names()
    assert "3 images of" in caplog.text
    assert "1 image in a subfolder (more; name it to read it)" in caplog.text
    assert "1 other file (film.mov), 1 link out of the folder" in caplog.text


def test_a_mask_of_classes_is_left_out_by_name_or_read_by_its_class(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_app_state(tmp_path, images=1)
    classes = np.zeros((SIZE, SIZE), np.uint8)
    classes[5:20, 5:20] = 15
    classes[20:24] = 255
    Image.fromarray(classes).save(tmp_path / "data" / "masks" / "blob0.png")
    store = ImageStore(tmp_path / "data", tmp_path / "kept")
    with caplog.at_level("WARNING"):
        assert [store.ground_truth("blob0.png") for _ in range(2)] == [None, None]
    (record,) = caplog.records
    assert "blob0.png is shown without ground truth" in record.message
    truth = ImageStore(tmp_path / "data", tmp_path / "kept", masks_class=15).ground_truth("blob0.png")
    assert truth is not None
    assert np.array_equal(truth[0], classes == 15)
    assert np.array_equal(truth[1], classes == 255)


@pytest.mark.parametrize(
    "name", ["Screenshot at 9.22\u202fPM.png", "\U0001f468\u200d\U0001f469.png", "x" * 240 + ".png"]
)
def test_images_of_any_name_are_exported(tmp_path: Path, name: str) -> None:
    app_state = make_app_state(tmp_path, images=1)
    (tmp_path / "data" / "images" / "blob0.png").rename(tmp_path / "data" / "images" / name)
    app_state = make_app_state(tmp_path, images=0)
    assert app_state.images.names() == [name]
    app_state.storage.save(name, (SIZE, SIZE), ImageRecord.of([Stroke("inside", 5, ((30, 32), (35, 32)))]))
    for kind in set(EXPORT_KINDS) - {"trajectories"}:
        assert export(app_state, kind, name).is_file()


def test_ground_truth_is_found_whatever_the_form_of_its_name(tmp_path: Path) -> None:
    for folder, name in (("images", "u\u0308ber.png"), ("masks", "\u00fcber.png")):
        (tmp_path / folder).mkdir()
        Image.new("L", (5, 4), 255).save(tmp_path / folder / name)
    store = ImageStore(tmp_path, tmp_path / "kept")
    truth = store.ground_truth("u\u0308ber.png")
    assert truth is not None
    assert truth[0].all()


def test_uploads_have_a_limit_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_store, "MAX_BYTES", 10)
    with pytest.raises(CutOutError, match="larger than"):
        make_app_state(tmp_path, images=1).images.add("x.png", png())


@pytest.mark.parametrize("name", ["../secret.png", "secret.png", "", ".", "/etc/passwd", "link.png", "notes.txt"])
def test_only_listed_images_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "data" / "images" / "notes.txt").write_text("x")
    app_state = make_app_state(tmp_path)
    for ask in (app_state.images.load, app_state.images.ground_truth):
        with pytest.raises(CutOutError, match="no image"):
            ask(name)
    with pytest.raises(CutOutError, match="no image"):
        export(app_state, "mask", name)


def test_a_plain_folder_of_images_will_do(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    pictures = ImageStore(tmp_path, tmp_path / "kept")
    assert pictures.names() == ["a.png"]
    assert pictures.ground_truth("a.png") is None
    with pytest.raises(CutOutError, match="holds no images"):
        ImageStore(tmp_path / "kept", tmp_path)


def test_strokes_come_back(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    edits = [Stroke("inside", 3, ((1, 2), (3.5, 4))), Stroke("erase", 2.5, ((5, 5),), "bc")]
    assert storage.load("a.png", (9, 9)).edits == []
    storage.save("a.png", (9, 9), ImageRecord.of(edits))
    assert storage.load("a.png", (9, 9)).edits == edits
    assert storage.edited_images() == {"a.png"}


def test_strokes_are_replaced_as_a_whole(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.save("a.png", (9, 9), ImageRecord.of([Stroke("inside", 3, ((1, 2),))]))
    with (tmp_path / "strokes" / "a.png.json").open() as before:
        storage.save("a.png", (9, 9), ImageRecord.of([]))
        # An open reader still sees the whole old file: it was replaced by a rename, never overwritten.
        assert len(json.load(before)["acts"]) == 1
    assert storage.load("a.png", (9, 9)).edits == []


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "null", '{"version":3,"size":[9,9],"acts":[]}', '{"version":1,"size":[9,8],"acts":[]}', "[" * 5000]
    + [
        f'{{"version":1,"size":[9,9],"acts":[{edit}]}}'
        for edit in (
            *("1", '{"pen":"inside"}', '{"box":[1,2]}', '{"box":3}'),
            *('{"pixels":1}', '{"pixels":"?"}', '{"pixels":""}', '{"pixels":"iVBORw0KGgo="}'),
        )
    ]
    + ['{"version":1,"size":[9,9],"acts":[{"pen":"inside","width":NaN,"points":[[1,1]]}]}'],
)
def test_damaged_strokes_are_set_aside_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "strokes").mkdir()
    file = tmp_path / "strokes" / "a.png.json"
    storage = Storage(tmp_path)
    for ending in ("", "-2"):
        file.write_text(text)
        assert storage.load("a.png", (9, 9)).edits == []
        assert file.with_name(f"{file.name}.damaged{ending}").read_text() == text
        assert not file.exists()
        assert f"a.png.json.damaged{ending}," in storage.damage[-1]
    storage.save("a.png", (9, 9), ImageRecord.of([Stroke("inside", 3, ((1, 2),))]))
    assert len(storage.load("a.png", (9, 9)).edits) == 1
    assert storage.edited_images() == {"a.png"}


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", "\xff", '[{"name": "Ada"}]', "[" * 100_000])
def test_damaged_scores_are_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scores.json"
    file.write_bytes(text.encode("latin-1"))
    storage = Storage(tmp_path)
    assert storage.scores() == []
    assert file.with_name("scores.json.damaged").read_bytes() == text.encode("latin-1")
    row = {"name": "Ada", "iou": 0.5, "rivals": {"still pens": 0.25}}
    assert storage.add_score(row) == storage.scores() == [row]
    assert len(storage.damage) == 1


def test_damage_that_cannot_be_set_aside_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    (tmp_path / "scores.json").write_text("[")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(CutOutError, match=r"Read-only file system.*move it away"):
        Storage(tmp_path).scores()


def test_export_goes_on_without_damaged_strokes(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    for name in ("blob0.png", "blob1.png"):
        app_state.storage.save(name, (SIZE, SIZE), ImageRecord.of([Stroke("inside", 5, ((30, 32), (35, 32)))]))
    (tmp_path / "kept" / "strokes" / "blob0.png.json").write_text("[")
    coco = json.loads(export(app_state, "coco", None).read_text())
    assert [image["file_name"] for image in coco["images"]] == ["blob1.png"]
    assert "blob0.png" in app_state.storage.damage[0]
    (tmp_path / "kept" / "strokes" / "blob1.png.json").write_text("[")
    with pytest.raises(CutOutError, match="No image has strokes"):
        export(app_state, "coco", None)


@pytest.mark.parametrize("kind", EXPORT_KINDS)
def test_there_is_nothing_to_export_before_anything_was_done(tmp_path: Path, kind: str) -> None:
    app_state = make_app_state(tmp_path, images=1)
    if kind in ("mask", "objects", "classes", "scribbles", "strokes"):
        file = export(app_state, kind, "blob0.png")
        if kind == "mask":
            assert not np.asarray(Image.open(file)).any()
    else:
        with pytest.raises(CutOutError, match="yet"):
            export(app_state, kind, None)


def test_exports_hold_what_was_drawn(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    middle, corner = Stroke("inside", 5, ((30, 32), (35, 32))), Stroke("outside", 5, ((2, 2), (60, 2)))
    app_state.storage.save("blob1.png", (SIZE, SIZE), ImageRecord.of([middle, corner]))
    mask = np.asarray(Image.open(export(app_state, "mask", "blob1.png"))) > 0
    scribbles = np.asarray(Image.open(export(app_state, "scribbles", "blob1.png")))
    assert np.array_equal(
        mask, app_state.segmenter.segment(app_state.images.load("blob1.png"), scribbles == 1, scribbles == 2)
    )
    coco = json.loads(export(app_state, "coco", None).read_text())
    assert [image["file_name"] for image in coco["images"]] == ["blob1.png"]
    assert coco["annotations"][0]["area"] == mask.sum()
    via = json.loads(export(app_state, "via-json", None).read_text())
    size = (tmp_path / "data" / "images" / "blob1.png").stat().st_size
    assert list(via) == [f"blob1.png{size}"]
    assert "blob1.png" in export(app_state, "via-csv", None).read_text()
    assert len(json.loads(export(app_state, "strokes", "blob1.png").read_text())) == 2


@pytest.mark.parametrize("kind", ["labelme", "yolo"])
def test_exports_of_many_files_are_zipped(tmp_path: Path, kind: str) -> None:
    app_state = make_app_state(tmp_path, images=3)
    for name in ("blob1.png", "blob2.png"):
        app_state.storage.save(name, (SIZE, SIZE), ImageRecord.of([Stroke("inside", 5, ((30, 32), (35, 32)))]))
    with ZipFile(export(app_state, kind, None)) as archive:
        names = archive.namelist()
        data = {name: archive.read(name) for name in names}
    if kind == "yolo":
        assert names == ["labels/blob1.txt", "labels/blob2.txt", "data.yaml"]
    else:
        assert names == ["blob1.json", "blob2.json"]
        before = np.asarray(Image.open(export(app_state, "mask", "blob1.png"))) > 0
        import_annotations(app_state, "labelme", "", data["blob1.json"])
        assert np.array_equal(np.asarray(Image.open(export(app_state, "mask", "blob1.png"))) > 0, before)
    app_state.storage.save("blob1.jpg", (SIZE, SIZE), ImageRecord.of([]))
    Image.new("RGB", (SIZE, SIZE)).save(tmp_path / "data" / "images" / "blob1.jpg")
    app_state = make_app_state(tmp_path, images=3)
    with pytest.raises(CutOutError, match="would share the file"):
        export(app_state, kind, None)
