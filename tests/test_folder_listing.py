"""Folders of images: which files are read, what is counted as left out, and large folders, which open quickly."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import refusal_of
from PIL import Image

from cutout_rl.data import open_source
from cutout_rl.data.folder import FolderSource
from cutout_rl.data.folder_listing import list_folder
from cutout_rl.data.image_files import is_readable
from cutout_rl.data.splits import SPLITS, split_of
from cutout_rl.utils.warn_once import warn_once

MASK = np.zeros((20, 20), np.uint8)
MASK[5:12, 5:15] = 255
# Screenshots of macOS, a no-break space, a zero-width non-joiner, joined emoji, and both forms of a letter.
NAMES = (
    "Screenshot 2026-08-10 at 9.22.20\u202fPM",
    "Sn\u00edmek 13.05\u00a0(2)",
    "\u0646\u0645\u06cc\u200c",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "u\u0308ber",
    "x" * 240,
)


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    warn_once.cache_clear()


def write_pair(root: Path, name: str, mask_name: str | None = None) -> None:
    for folder in ("images", "masks"):
        (root / folder).mkdir(exist_ok=True)
    Image.new("RGB", (20, 20), (200, 30, 40)).save(root / "images" / f"{name}.png")
    Image.fromarray(MASK).save(root / "masks" / f"{mask_name or name}.png")


@pytest.mark.parametrize("name", NAMES)
def test_names_that_people_and_programs_give(tmp_path: Path, name: str) -> None:
    write_pair(tmp_path, name)
    found = open_source(str(tmp_path), split_of(name), 20)
    assert len(found) == 1
    assert np.array_equal(found[0].mask, MASK > 0)


def test_both_forms_of_a_name_are_one(tmp_path: Path) -> None:
    write_pair(tmp_path, "u\u0308ber", "\u00fcber")
    assert open_source(str(tmp_path), split_of("\u00fcber"), 20)[0].name == "\u00fcber"
    write_pair(tmp_path, "\u00fcber")
    assert "share one name" in refusal_of(lambda: open_source(str(tmp_path), split_of("\u00fcber"), 20))


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("tif", "TIFF"), ("tiff", "TIFF"), ("gif", "GIF"), ("avif", "AVIF"), ("jpg", "MPO"), ("jfif", "JPEG")],
)
def test_kinds_of_images(tmp_path: Path, suffix: str, kind: str) -> None:
    if not is_readable(f".{suffix}"):
        pytest.skip(f"this Pillow has no {kind}")
    write_pair(tmp_path, "a1")
    (tmp_path / "images" / "a1.png").unlink()
    image = Image.new("RGB", (20, 20), (200, 30, 40))
    more = {"save_all": True, "append_images": [Image.new("RGB", (20, 20))]} if kind in ("MPO", "GIF") else {}
    image.save(tmp_path / "images" / f"a1.{suffix}", kind, **more)
    sample = open_source(str(tmp_path), split_of("a1"), 20)[0]
    assert np.abs(sample.image.astype(int) - (200, 30, 40)).max() <= 8


def test_everything_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_pair(tmp_path, "a1")
    images = tmp_path / "images"
    for name in ("raw.dng", "raw2.DNG", "film.mov", "notes.txt", ".hidden.png", "Thumbs.db"):
        (images / name).touch()
    for place in ("s/1.png", "s/deep/2.jpg", "t/3.png", "t/readme.txt"):
        (images / place).parent.mkdir(parents=True, exist_ok=True)
        (images / place).touch()
    (images / "bad\nname.png").touch()
    with caplog.at_level("WARNING"):
        open_source(str(tmp_path), split_of("a1"), 20)
    (record,) = caplog.records
    assert record.message.startswith(f"1 image of {images}; left out: 2 DNG (save it as PNG, JPEG")
    assert "3 images in subfolders (s, t; name one of them to read it)" in record.message
    assert "1 with control characters in their names ('bad\\nname.png')" in record.message
    assert record.message.endswith("2 other files (film.mov, notes.txt).")


def test_files_that_cannot_be_read_here_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutout_rl.data.folder_listing.is_readable", lambda suffix: suffix != ".heic")
    for name in ("a.HEIC", "b.heic", "c.png"):
        (tmp_path / name).touch()
    listing = list_folder(tmp_path)
    assert [path.name for path in listing.images] == ["c.png"]
    assert listing.left_out == ("2 HEIC (install pi-heif, or save it as JPEG)",)


def test_an_empty_folder_says_what_it_holds(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "images" / "film.mov").touch()
    message = refusal_of(lambda: open_source(str(tmp_path), "train", 20))
    assert "holds no pairs" in message
    assert "1 other file (film.mov)" in message


def test_a_split_of_bad_pairs_names_the_first(tmp_path: Path) -> None:
    write_pair(tmp_path, "a1")
    Image.new("L", (20, 19)).save(tmp_path / "masks" / "a1.png")
    message = refusal_of(lambda: open_source(str(tmp_path), split_of("a1"), 20, skip_bad=True))
    assert "All 1 pairs" in message
    assert "is 20 x 19" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    write_pair(tmp_path, "a1")
    os.mkfifo(tmp_path / "images" / "pipe.png")
    assert len(open_source(str(tmp_path), split_of("a1"), 20)) == 1


def test_sparse_files_are_not_read(tmp_path: Path) -> None:
    write_pair(tmp_path, "a1")
    with (tmp_path / "images" / "a1.png").open("wb") as stream:
        stream.truncate(6 * 2**30)
    assert "a1.png is larger than 2048 MiB" in refusal_of(lambda: open_source(str(tmp_path), split_of("a1"), 20))


def test_large_folders_open_by_their_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pair(tmp_path, "a0")
    for folder in ("images", "masks"):
        data = (tmp_path / folder / "a0.png").read_bytes()
        for number in range(1, 3000):
            (tmp_path / folder / f"a{number}.png").write_bytes(data)
    start = time.process_time()
    sources = [FolderSource(tmp_path, split, 20) for split in SPLITS]
    assert time.process_time() - start < 4  # 1 measured; 10,000 pairs take a little more than three times that
    assert sum(map(len, sources)) == 3000
    # Sizes are compared in full; what headers do not show is named when the pair is used.
    last = max((f"a{number}" for number in range(3000)), key=lambda name: (split_of(name) == "train", name))
    Image.new("L", (20, 20), 0).save(tmp_path / "masks" / f"{last}.png")
    source = FolderSource(tmp_path, "train", 20)
    assert "contains no object" in refusal_of(lambda: source[len(source) - 1])
    assert len(FolderSource(tmp_path, "train", 20, skip_bad=True)) == len(source) - 1
    Image.new("L", (20, 19), 0).save(tmp_path / "masks" / f"{last}.png")
    assert "is 20 x 19" in refusal_of(lambda: FolderSource(tmp_path, "train", 20))


@pytest.mark.parametrize("suffix", ["tif", "gif"])
def test_files_of_several_pictures_are_named(tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture) -> None:
    write_pair(tmp_path, "a1")
    pictures = [Image.new("RGB", (20, 20), colour) for colour in ((200, 30, 40), (0, 0, 0), (9, 9, 9))]
    (tmp_path / "images" / "a1.png").unlink()
    pictures[0].save(tmp_path / "images" / f"a1.{suffix}", save_all=True, append_images=pictures[1:])
    with caplog.at_level("WARNING"):
        sample = open_source(str(tmp_path), split_of("a1"), 20)[0]
    assert np.abs(sample.image.astype(int) - (200, 30, 40)).max() <= 8
    assert f"a1.{suffix} holds 3 pictures, of which the first is read" in caplog.text
    (tmp_path / "masks" / "a1.png").unlink()
    masks = [Image.fromarray(np.roll(MASK, 3 * number, axis=0)) for number in range(2)]
    masks[0].save(tmp_path / "masks" / f"a1.{suffix}", save_all=True, append_images=masks[1:])
    assert "holds 2 pictures" in refusal_of(lambda: open_source(str(tmp_path), split_of("a1"), 20))
