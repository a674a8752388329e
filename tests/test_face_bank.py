"""The bank of faces: it changes how long a face takes, and nothing else."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cutout_rl.data.image_config import ImageConfig
from cutout_rl.data.source import Sample
from cutout_rl.data.synthetic.faces import FacesSource, face_bank
from cutout_rl.data.synthetic.faces.banked_source import FRESH, BankedFacesSource
from cutout_rl.data.synthetic.faces.face_bank import LIMIT, FaceBank, cache_folder, open_bank
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.train_config import GameTrainConfig

SIDE = 32
BANK = 5
INDICES = range(100, 130)
SLOT = 4 + 3 * SIDE**2 + SIDE**2 // 8

DRAW_ALL = f"""
import zlib
from cutout_rl.data.synthetic.faces.banked_source import BankedFacesSource
source = BankedFacesSource({BANK}, {SIDE})
for index in range({INDICES.start}, {INDICES.stop}):
    sample = source[index]
    print(sample.name, zlib.crc32(sample.image.tobytes() + sample.mask.tobytes()))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the bank of every test apart."""
    monkeypatch.setenv("CUTOUT_RL_CACHE", str(tmp_path / "cache"))
    open_bank.cache_clear()
    return tmp_path / "cache"


def same(first: Sample, second: Sample) -> bool:
    arrays = ((first.image, second.image), (first.mask, second.mask), (first.void, second.void))
    return first.name == second.name and all(
        np.array_equal(*pair) and pair[0].dtype == pair[1].dtype for pair in arrays
    )


def filled() -> BankedFacesSource:
    source = BankedFacesSource(BANK, SIDE)
    for index in INDICES:
        source[index]
    return source


def is_fresh(index: int) -> bool:
    """Return whether an index has a face of its own, without the bank's own code."""
    return (index * 11400714819323198485) % 2**64 / 2**64 < 1 / 8


def expected(index: int) -> Sample:
    return FacesSource("train", SIDE)[index if is_fresh(index) else index % BANK]


def require_right(source: BankedFacesSource) -> None:
    assert all(same(source[index], expected(index)) for index in INDICES)


def bank_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_faces_are_the_same_drawn_and_read(folder: Path) -> None:
    source = BankedFacesSource(BANK, SIDE)
    require_right(source)
    assert bank_file(folder).stat().st_size == BANK * SLOT
    require_right(source)
    sample = source[INDICES[1]]
    sample.image[:] = 0  # arrays are the caller's own
    require_right(source)


def test_read_faces_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = filled()
    face, drawn = source[INDICES[0]], []

    def draw(_: FacesSource, index: int) -> Sample:
        drawn.append(index)
        return face

    monkeypatch.setattr(FacesSource, "_draw", draw)
    for index in INDICES:
        source[index]
    assert drawn == [index for index in INDICES if is_fresh(index)]
    assert 0 < len(drawn) < len(INDICES) / 3


def test_one_index_in_eight_is_fresh_and_the_others_share_the_bank_evenly() -> None:
    assert FRESH == 1 / 8
    assert np.mean([is_fresh(index) for index in range(1_000_000)]) == pytest.approx(FRESH, abs=1e-4)
    shared = Counter(index % 4096 for index in range(1_000_000) if not is_fresh(index))
    assert len(shared) == 4096
    assert max(shared.values()) < 1.1 * min(shared.values())


def test_held_out_splits_never_come_from_the_bank(folder: Path) -> None:
    for split in ("val", "test"):
        banked, plain = (replace(ImageConfig(bank=bank, image_size=SIDE), split=split) for bank in (BANK, 0))
        assert all(same(banked.open_source()[index], plain.open_source()[index]) for index in range(12))
    assert not folder.exists()


def test_other_images_ignore_the_bank(folder: Path) -> None:
    samples = [ImageConfig(data="objects", bank=bank, image_size=SIDE).open_source()[9] for bank in (BANK, 0)]
    assert same(*samples)
    assert not folder.exists()


def test_training_uses_the_bank_where_it_is_asked_to() -> None:
    assert GameConfig().bank == GameTrainConfig().bank == 0
    config = GameTrainConfig(bank=4096)
    assert config.game_config().bank == 4096
    assert isinstance(config.game_config().open_source(), BankedFacesSource)


@pytest.mark.parametrize("damage", ["flipped bit", "truncated", "foreign", "empty", "swapped faces"])
def test_damaged_files_are_redrawn(folder: Path, damage: str) -> None:
    source = filled()
    file = bank_file(folder)
    intact = file.read_bytes()
    if damage == "flipped bit":
        content = bytearray(intact)
        for place in (2, 1000, SLOT + SLOT - 1, 3 * SLOT + 5):
            content[place] ^= 1
    elif damage == "swapped faces":
        content = bytearray(intact[SLOT : 2 * SLOT] + intact[:SLOT] + intact[2 * SLOT :])
    else:
        content = bytearray({"truncated": intact[: SLOT + 7], "foreign": b"GIF89a" * 9000, "empty": b""}[damage])
    file.write_bytes(content)
    require_right(source)
    assert file.read_bytes()[: len(intact)] == intact


def test_deleting_the_folder_does_no_harm(folder: Path) -> None:
    source = filled()
    bank_file(folder).unlink()
    require_right(source)
    bank_file(folder).unlink()
    folder.rmdir()
    require_right(source)
    assert bank_file(folder).stat().st_size == BANK * SLOT


def test_two_processes_share_a_bank(folder: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", DRAW_ALL], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    printed = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert printed[0] == printed[1]
    assert len(printed[0].splitlines()) == len(INDICES)
    bank = FaceBank(folder, SIDE, "head")
    assert all(bank.read(index) is not None for index in range(BANK))
    require_right(BankedFacesSource(BANK, SIDE))


def test_a_folder_that_cannot_be_written_gives_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CUTOUT_RL_CACHE", str(tmp_path / "file" / "below"))  # also for root, whom no mode stops
    require_right(BankedFacesSource(BANK, SIDE))
    require_right(BankedFacesSource(BANK, SIDE))
    (record,) = caplog.records
    assert "CUTOUT_RL_CACHE" in record.getMessage()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_bank_is_read(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled()
    bank_file(folder).chmod(0o444)
    folder.chmod(0o555)
    require_right(BankedFacesSource(BANK, SIDE))
    assert not caplog.records
    folder.chmod(0o755)


def test_a_changed_renderer_reads_no_old_face(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled()
    monkeypatch.setattr(face_bank, "renderer_hash", lambda: "another")
    changed = FaceBank(folder, SIDE, "head")
    assert all(changed.read(index) is None for index in range(BANK))
    bank_file(folder).rename(changed.path)  # nor one from a renamed file
    assert all(changed.read(index) is None for index in range(BANK))


def test_the_hash_covers_the_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "synthetic" / "faces"
    package.mkdir(parents=True)
    for name in ("skin.py", "../procedural_source.py", "face_bank.py"):
        (package / name).write_text("A = 1\n")
    monkeypatch.setattr(face_bank, "__file__", str(package / "face_bank.py"))
    hashes = {face_bank.renderer_hash.__wrapped__()}
    for name in ("skin.py", "../procedural_source.py"):
        (package / name).write_text("A = 2\n")
        hashes.add(face_bank.renderer_hash.__wrapped__())
    assert len(hashes) == 3


def test_banks_are_bounded_and_the_oldest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_bank, "LIMIT", 4 * SLOT)
    face = FacesSource("train", SIDE)[0]
    banks = [FaceBank(folder, SIDE, masks) for masks in ("head", "face", "hair")]
    for age, bank in zip((300, 200, 100), banks, strict=True):
        bank.write(1, face)
        os.utime(bank.path, (1e9 - age, 1e9 - age))
    assert [bank.path.exists() for bank in banks] == [False, True, True]
    banks[2].write(4, face)  # beyond the limit by itself
    assert banks[2].path.stat().st_size == 2 * SLOT
    banks[2].write(3, face)
    assert [bank.path.exists() for bank in banks] == [False, False, True]
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 4 * SLOT
    (folder / "notes.txt").write_text("mine")
    banks[0].write(3, face)
    assert (folder / "notes.txt").exists()


def test_the_default_bank_fits_its_limit_at_128_px() -> None:
    assert LIMIT / 2 > 4096 * (4 + 3 * 128**2 + 128**2 // 8)


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CUTOUT_RL_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "cutout-rl"
