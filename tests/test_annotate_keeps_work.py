"""`cutout_rl.annotate` replaces nothing that it has not written, keeps no stale mask, and counts what it leaves out."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, assert_one_sentence
from PIL import Image
from scenes import blob_sample

from cutout_rl.annotation.annotated_folder import AnnotatedFolder
from cutout_rl.annotation.written_files import RECORD, WrittenFiles
from cutout_rl.utils.atomic_write import PARTIAL
from cutout_rl.utils.errors import CutOutError


def photograph(path: Path, seed: int = 0, size: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blob_sample(size, seed).image).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write two images beside masks and exports made by hand."""
    for seed, name in enumerate("ab"):
        photograph(tmp_path / "photos" / "images" / f"{name}.bmp", seed)
    return tmp_path / "photos"


def make_by_hand(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".png":
        mask = np.zeros((48, 48), np.uint8)
        mask[10:20, 12:30] = 255
        Image.fromarray(mask).save(file)
    else:
        file.write_text('{"hand": "made"}')
    return file.read_bytes()


@pytest.mark.parametrize("place", ["masks/a.png", "scribbles/b.png", "coco.json"])
@pytest.mark.parametrize("beside", [False, True])
def test_files_made_by_hand_are_not_replaced(run: Run, ppo_run: Path, folder: Path, place: str, beside: bool) -> None:
    out = folder if beside else folder / "annotations"
    before = make_by_hand(out / place)
    flags = ("annotate", folder, "--agent", ppo_run, *(("--out", out) if beside else ()))
    outcome = run(*flags)
    assert_one_sentence(outcome, str(out / place), "annotate has not written it", "--overwrite")
    assert (out / place).read_bytes() == before
    assert sorted(path.name for path in out.rglob("*") if path.is_file() and path.suffix != ".bmp") == [
        Path(place).name
    ]
    assert run(*flags, "--overwrite").status == 0
    assert (out / place).read_bytes() != before
    assert run(*flags).status == 0


def test_skip_bad_goes_on_beside_masks_made_by_hand(run: Run, ppo_run: Path, folder: Path) -> None:
    before = make_by_hand(folder / "masks" / "a.png")
    outcome = run("annotate", folder, "--agent", ppo_run, "--out", folder, "--skip-bad")
    assert outcome.status == 0, outcome
    assert "skipped: " in outcome.out
    assert "coco of 1 images" in outcome.out
    assert (folder / "masks" / "a.png").read_bytes() == before
    assert (folder / "masks" / "b.png").is_file()


def test_an_edited_mask_outlives_a_change_of_its_image(run: Run, ppo_run: Path, folder: Path) -> None:
    flags = ("annotate", folder, "--agent", ppo_run)
    assert run(*flags).status == 0
    mask = folder / "annotations" / "masks" / "a.png"
    edited = make_by_hand(mask)
    photograph(folder / "images" / "b.bmp", 7)
    assert run(*flags).status == 0
    photograph(folder / "images" / "a.bmp", 8)
    assert_one_sentence(run(*flags), str(mask), "edited")
    assert mask.read_bytes() == edited
    assert run(*flags, "--overwrite").status == 0
    assert mask.read_bytes() != edited


def test_a_spoilt_mask_is_named_or_skipped_alone(run: Run, ppo_run: Path, folder: Path) -> None:
    flags = ("annotate", folder, "--agent", ppo_run)
    assert run(*flags).status == 0
    mask = folder / "annotations" / "masks" / "a.png"
    Image.new("RGB", (48, 48), (200, 30, 40)).save(mask)
    before = mask.read_bytes()
    assert_one_sentence(run(*flags), str(mask), "is coloured")
    outcome = run(*flags, "--skip-bad")
    assert outcome.status == 0, outcome
    assert "coco of 1 images" in outcome.out
    assert mask.read_bytes() == before
    for kind in ("white first", "RGBA"):  # as programs save what was black and white
        edited = Image.fromarray(np.pad(np.full((10, 20), 255, np.uint8), ((5, 33), (8, 20)))).convert("RGB")
        (edited.quantize(2) if kind == "white first" else edited.convert("RGBA")).save(mask)
        assert run(*flags).status == 0
        record = json.loads((folder / "annotations" / "coco.json").read_text())
        assert record["annotations"][0]["bbox"] == [8, 5, 20, 10]


def test_an_edited_export_is_not_replaced(run: Run, ppo_run: Path, folder: Path) -> None:
    flags = ("annotate", folder, "--agent", ppo_run, "--export", "coco", "via-csv", "labelme")
    assert run(*flags).status == 0
    for name in ("via.csv", "labelme/b.json"):
        file = folder / "annotations" / name
        written = file.read_bytes()
        file.write_bytes(written + b"\n")
        assert_one_sentence(run(*flags), str(file))
        assert file.read_bytes() == written + b"\n"
        file.write_bytes(written)
    assert run(*flags).status == 0


def test_the_content_of_an_image_decides_whether_it_is_done(run: Run, ppo_run: Path, folder: Path) -> None:
    flags = ("annotate", folder, "--agent", ppo_run)
    assert run(*flags).status == 0
    image, mask = folder / "images" / "a.bmp", folder / "annotations" / "masks" / "a.png"
    status, before = image.stat(), mask.read_bytes()
    photograph(image, 5)
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert image.stat().st_size == status.st_size
    outcome = run(*flags)
    assert "1 of 2 images are done already" in outcome.out
    assert mask.read_bytes() != before
    fresh = folder.parent / "fresh"
    assert run(*flags, "--out", fresh).status == 0
    assert (fresh / "masks" / "a.png").read_bytes() == mask.read_bytes()


def test_a_removed_mask_is_made_again(run: Run, ppo_run: Path, folder: Path) -> None:
    flags = ("annotate", folder, "--agent", ppo_run)
    assert run(*flags).status == 0
    mask = folder / "annotations" / "masks" / "a.png"
    before = mask.read_bytes()
    mask.unlink()
    assert run(*flags).status == 0
    assert mask.read_bytes() == before


@pytest.mark.parametrize("record", ["[" * 100_000, "[]", "7", '{"image": "a', ""])
def test_a_damaged_record_means_that_an_image_is_not_done(run: Run, ppo_run: Path, folder: Path, record: str) -> None:
    flags = ("annotate", folder, "--agent", ppo_run)
    assert run(*flags).status == 0
    (folder / "annotations" / "plays" / "a.bmp.json").write_text(record)
    outcome = run(*flags)
    assert outcome.status == 0, outcome
    assert "1 of 2 images are done already" in outcome.out


def test_the_record_of_what_was_written_is_one_of_sha256sum(run: Run, ppo_run: Path, folder: Path) -> None:
    assert run("annotate", folder, "--agent", ppo_run).status == 0
    lines = (folder / "annotations" / RECORD).read_text().splitlines()
    names = ["coco.json", "masks/a.png", "masks/b.png", "scribbles/a.png", "scribbles/b.png"]
    assert lines == [
        f"{hashlib.sha256((folder / 'annotations' / name).read_bytes()).hexdigest()}  {name}" for name in names
    ]


def test_a_file_is_recorded_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = WrittenFiles(tmp_path)
    written.write("a", b"1")
    monkeypatch.setattr("cutout_rl.annotation.written_files.write_bytes", lambda path, data: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written.write("a", b"2")
    for content in (b"1", b"2"):  # the process was killed before or after the file was replaced
        (tmp_path / "a").write_bytes(content)
        assert WrittenFiles(tmp_path).foreign(["a", "b"]) == []
    (tmp_path / "a").write_bytes(b"3")
    assert WrittenFiles(tmp_path).foreign(["a", "b"]) == ["a"]
    with pytest.raises(CutOutError, match="has not written it"):
        WrittenFiles(tmp_path).write("a", b"1")


@pytest.mark.parametrize("present", [b"1", b"2", None])
def test_a_process_killed_before_a_file_was_replaced_makes_it_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: bytes | None
) -> None:
    written = WrittenFiles(tmp_path)
    written.write("a", b"1")
    monkeypatch.setattr("cutout_rl.annotation.written_files.write_bytes", lambda path, data: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written.write("a", b"2")
    if present is None:
        (tmp_path / "a").unlink()
    else:
        (tmp_path / "a").write_bytes(present)
    WrittenFiles(tmp_path).tidy()
    (tmp_path / "a").write_bytes(present or b"1")
    assert WrittenFiles(tmp_path).is_own("a")
    assert len((tmp_path / RECORD).read_text().splitlines()) == (2 if present is None else 1)


def test_a_damaged_line_of_the_record_names_no_file(tmp_path: Path) -> None:
    WrittenFiles(tmp_path).write("a", b"1")
    with (tmp_path / RECORD).open("ab") as stream:
        stream.write(b"\xff\xfe  b\n")
    (tmp_path / "b").write_bytes(b"2")
    written = WrittenFiles(tmp_path)
    written.tidy()
    assert written.foreign(["a", "b"]) == ["b"]


def test_two_processes_do_not_annotate_into_one_folder(run: Run, ppo_run: Path, folder: Path) -> None:
    out = folder / "annotations"
    with AnnotatedFolder.open(out, overwrite=False):
        temporary = out / f"{PARTIAL}1-mask.png"
        temporary.touch()
        assert_one_sentence(run("annotate", folder, "--agent", ppo_run), "Another process is annotating into")
        assert temporary.exists()
    assert run("annotate", folder, "--agent", ppo_run).status == 0
    assert not list(out.rglob(".*"))


@pytest.mark.parametrize("place", ["annotations", "annotations/masks", "annotations/coco.json"])
def test_links_are_not_followed(run: Run, ppo_run: Path, folder: Path, place: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("kept")
    target = elsewhere / "kept.txt" if place.endswith("json") else elsewhere
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).symlink_to(target)
    assert_one_sentence(run("annotate", folder, "--agent", ppo_run), str(folder / place))
    assert [path.name for path in elsewhere.iterdir()] == ["kept.txt"]
    assert (elsewhere / "kept.txt").read_text() == "kept"


def test_names_of_any_letters_and_kinds_of_images_are_annotated_and_counted(
    run: Run, ppo_run: Path, tmp_path: Path
) -> None:
    names = [
        *("Screenshot at 9.22.20\u202fPM.png", "Sn\u00edmek (2)\u00a0.png", "\u0646\u0645\u06cc\u200c.png"),
        *("\U0001f468\u200d\U0001f469.png", f"{'x' * 240}.png", "\u00e9" * 120 + ".png", "scan.tif", "film.gif"),
    ]
    for name in names:
        photograph(tmp_path / name)
    Image.new("RGB", (48, 48)).save(tmp_path / "IMG.JPG", "MPO", save_all=True, append_images=[Image.new("L", (9, 9))])
    for name in ("raw.dng", "notes.txt"):
        (tmp_path / name).touch()
    photograph(tmp_path / "sub" / "more.png")
    flags = ("annotate", tmp_path, "--agent", ppo_run)
    for _ in range(2):  # the second time there are the results of the first
        outcome = run(*flags, "--export", "coco", "labelme", "yolo")
        assert outcome.status == 0, outcome
        said = outcome.out.replace("\n", "")
        assert f"9 images of {tmp_path}; left out: 1 DNG" in said
        assert "1 image in a subfolder (sub; name it to read it), 1 other file (notes.txt)." in said
        assert "coco of 9 images" in said
    record = json.loads((tmp_path / "annotations" / "coco.json").read_text())
    assert {image["file_name"] for image in record["images"]} == {*names, "IMG.JPG"}
    for folder, suffix in (("masks", "png"), ("labelme", "json"), ("yolo/labels", "txt")):
        found = {path.name for path in (tmp_path / "annotations" / folder).iterdir()}
        assert found == {f"{Path(name).stem}.{suffix}" for name in (*names, "IMG.JPG")}


def test_one_file_is_skipped_never_the_folder(run: Run, ppo_run: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "b.bmp"):
        photograph(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"damaged")
    os.symlink("nowhere", tmp_path / "d.png")
    flags = ("annotate", tmp_path, "--agent", ppo_run)
    assert_one_sentence(run(*flags), "would share one mask")
    outcome = run(*flags, "--skip-bad")
    assert outcome.status == 0, outcome
    assert outcome.out.count("skipped: ") == 2
    assert "coco of 2 images" in outcome.out


MEMORY = """
import resource
from cutout_rl import annotate
from cutout_rl.utils.command import run_command
try:
    run_command(annotate.main)
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_huge_images_take_less_than_two_gigabytes(ppo_run: Path, tmp_path: Path, suffix: str) -> None:
    size = (13_000, 13_000)
    for number in range(2):
        Image.new("RGB", size, (90, 90, 90)).save(tmp_path / f"{number}.{suffix}")
    command = [sys.executable, "-c", MEMORY, tmp_path, "--agent", ppo_run, "--export", "masks"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done
    assert int(done.stdout.rpartition("peak")[2]) < 2000
    assert Image.open(tmp_path / "annotations" / "masks" / "0.png").size == size
