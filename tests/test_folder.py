"""Folders of images and masks as a data source: pairing, splits, errors and samples."""

import hashlib
import os
import pickle
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.folder import FolderSource
from cutout_rl.data.source import Sample, Split
from cutout_rl.data.splits import split_of
from cutout_rl.utils.errors import CutOutError

REAL_DATA = Path(os.environ.get("CUTOUT_RL_REAL_DATA", Path(__file__).parents[2] / "shared/data"))
RED, WHITE = (200, 30, 40), (255, 255, 255)


def names_in(split: Split, how_many: int) -> list[str]:
    """List stems that belong to a split, by an independent implementation of the rule."""
    lower, upper = {"train": (0, 70), "val": (70, 85), "test": (85, 100)}[split]
    found: list[str] = []
    for number in count():
        percent = int.from_bytes(hashlib.sha256(f"pair{number}".encode()).digest(), "little") % 100
        if lower <= percent < upper:
            found.append(f"pair{number}")
        if len(found) == how_many:
            return found
    raise AssertionError


def blob(height: int = 20, width: int = 20) -> NDArray[np.uint8]:
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[height // 4 : height // 2, width // 4 : width // 2] = 255
    return mask


def write_pair(root: Path, name: str, mask: NDArray[np.uint8] | None = None) -> None:
    mask = blob() if mask is None else mask
    for folder in ("images", "masks"):
        (root / folder).mkdir(exist_ok=True)
    Image.new("RGB", mask.shape[::-1], RED).save(root / "images" / f"{name}.png")
    Image.fromarray(mask).save(root / "masks" / f"{name}.png")


def refusal(root: Path, split: Split = "train", masks: str = "masks") -> str:
    with pytest.raises(CutOutError) as caught:
        FolderSource(root, split, 8, masks)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "bmp", "PNG"])
def test_every_kind_of_file_is_paired_by_its_stem(tmp_path: Path, suffix: str) -> None:
    name = names_in("train", 1)[0]
    write_pair(tmp_path, name, blob(30, 30))
    (tmp_path / "images" / f"{name}.png").unlink()
    (tmp_path / "images" / "notes.txt").touch()
    (tmp_path / "images" / ".hidden.png").touch()
    Image.new("RGB", (30, 30), RED).save(tmp_path / "images" / f"{name}.{suffix}")
    source = FolderSource(tmp_path, "train", 30)
    assert len(source) == 1
    assert source[0].name == name
    assert np.abs(source[0].image.astype(int) - RED).max() <= 4
    assert np.array_equal(source[0].mask, blob(30, 30) == 255)


@pytest.mark.parametrize("suffixes", [(".ppm", ".pgm"), (".pnm", ".pbm")])
def test_netpbm_files_are_read(tmp_path: Path, suffixes: tuple[str, str]) -> None:
    name = names_in("train", 1)[0]
    for folder, suffix in zip(("images", "masks"), suffixes, strict=True):
        (tmp_path / folder).mkdir()
        picture = Image.new("RGB", (20, 20), RED) if folder == "images" else Image.fromarray(blob())
        picture.convert("1" if suffix == ".pbm" else picture.mode).save(tmp_path / folder / (name + suffix))
    sample = FolderSource(tmp_path, "train", 20)[0]
    assert np.array_equal(sample.mask, blob() == 255)
    assert np.all(sample.image == RED)


def test_wide_picture_keeps_an_object_at_its_end(tmp_path: Path) -> None:
    mask = np.zeros((20, 80), dtype=np.uint8)
    mask[5:15, 66:76] = 255
    name = names_in("train", 1)[0]
    write_pair(tmp_path, name, mask)
    sample = FolderSource(tmp_path, "train", 20)[0]
    assert np.array_equal(sample.mask, mask[:, 60:80] == 255)


def test_split_is_decided_by_the_name_alone_in_the_stated_shares() -> None:
    names = [f"image_{number:05d}" for number in range(20_000)]
    shares = {split: sum(split_of(name) == split for name in names) / len(names) for split in get_args(Split)}
    assert shares == pytest.approx({"train": 0.70, "val": 0.15, "test": 0.15}, abs=0.01)
    # Published results depend on these assignments.
    assert [split_of(name) for name in ("bear", "camel", "000000", "000014")] == ["val", "test", "train", "val"]


def test_new_files_move_no_old_one_and_splits_share_nothing(tmp_path: Path) -> None:
    first = [name for split in get_args(Split) for name in names_in(split, 3)]
    for name in first:
        write_pair(tmp_path, name)
    before = {split: names_of(FolderSource(tmp_path, split, 8)) for split in get_args(Split)}
    assert before == {split: sorted(names_in(split, 3)) for split in get_args(Split)}
    for number in range(20):
        write_pair(tmp_path, f"later{number}")
    for split in get_args(Split):
        assert set(before[split]) == {name for name in names_of(FolderSource(tmp_path, split, 8)) if name in first}


def names_of(source: FolderSource) -> list[str]:
    return [source[index].name for index in range(len(source))]


def test_empty_split_is_refused_with_the_counts(tmp_path: Path) -> None:
    for name in names_in("train", 3):
        write_pair(tmp_path, name)
    message = refusal(tmp_path, "val")
    assert "3 in train, 0 in val, 0 in test" in message
    assert "add pairs" in message


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


BAD_PAIRS: dict[str, tuple[str, Callable[[Path, str], object]]] = {
    "size": ("20 x 20", lambda root, name: Image.new("RGB", (20, 19)).save(root / f"images/{name}.png")),
    "empty": ("no object", lambda root, name: Image.new("L", (20, 20), 0).save(root / f"masks/{name}.png")),
    "full": ("no background", lambda root, name: Image.new("L", (20, 20), 255).save(root / f"masks/{name}.png")),
    "full, 0/1": ("no background", lambda root, name: Image.new("L", (20, 20), 1).save(root / f"masks/{name}.png")),
    "truncated": ("cannot be read", lambda root, name: truncate(root / f"images/{name}.png")),
    "truncated mask": ("cannot be read", lambda root, name: truncate(root / f"masks/{name}.png")),
    "no image": ("has no image", lambda root, name: (root / f"images/{name}.png").rename(root / "notes")),
    "no mask": ("has no mask", lambda root, name: (root / f"masks/{name}.png").rename(root / "notes")),
    "image of an unread format": (
        ".tga cannot be read; save it as PNG",
        lambda root, name: (root / f"images/{name}.png").rename(root / f"images/{name}.tga"),
    ),
    "mask of an unread format": (
        ".npy cannot be read; save it as PNG",
        lambda root, name: (root / f"masks/{name}.png").rename(root / f"masks/{name}.npy"),
    ),
    "two images": ("share one name", lambda root, name: Image.new("L", (9, 9)).save(root / f"images/{name}.bmp")),
    "class numbers": (
        "levels other than",
        lambda root, name: Image.fromarray(blob() // 85).save(root / f"masks/{name}.png"),
    ),
    "void by 255": (
        "levels other than",
        lambda root, name: Image.fromarray(np.maximum(np.eye(20, dtype=np.uint8), blob())).save(
            root / f"masks/{name}.png"
        ),
    ),
    "grey picture": (
        "levels other than",
        lambda root, name: Image.fromarray(np.arange(400).reshape(20, 20).astype(np.uint8)).save(
            root / f"masks/{name}.png"
        ),
    ),
    "coloured": ("coloured", lambda root, name: Image.new("RGB", (20, 20), RED).save(root / f"masks/{name}.png")),
}


@pytest.mark.parametrize("kind", BAD_PAIRS)
def test_bad_pair_is_named_or_skipped(tmp_path: Path, kind: str) -> None:
    good, bad, worse = names_in("train", 3)
    for name in (good, bad):
        write_pair(tmp_path, name)
    words, spoil = BAD_PAIRS[kind]
    spoil(tmp_path, bad)
    message = refusal(tmp_path)
    assert words in message
    assert f"{bad}." in message
    assert "more bad" not in message
    source = FolderSource(tmp_path, "train", 8, skip_bad=True)
    assert names_of(source) == [good]
    assert len(source.skipped) == 1
    assert words in source.skipped[0]
    write_pair(tmp_path, worse, np.zeros((20, 20), dtype=np.uint8))
    assert "1 more bad pair in this split" in refusal(tmp_path)


def test_object_that_vanishes_in_the_resized_mask_is_refused(tmp_path: Path) -> None:
    mask = np.zeros((64, 64), dtype=np.uint8)
    mask[3, 3] = 255
    write_pair(tmp_path, names_in("train", 1)[0], mask)
    assert "has no object left in a square crop of 8 pixels" in refusal(tmp_path)
    assert FolderSource(tmp_path, "train", 64)[0].mask.sum() == 1


def test_split_of_bad_pairs_alone_is_refused_even_when_skipping(tmp_path: Path) -> None:
    write_pair(tmp_path, names_in("train", 1)[0], np.zeros((20, 20), dtype=np.uint8))
    with pytest.raises(CutOutError, match="All 1 pairs"):
        FolderSource(tmp_path, "train", 8, skip_bad=True)


def test_missing_folders_are_named_with_their_neighbours(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    assert "did you mean" not in refusal(root)
    root.mkdir()
    assert "did you mean photos?" in refusal(tmp_path / "photo")
    (root / "image").mkdir()
    assert "did you mean image?" in refusal(root)
    (root / "images").mkdir()
    (root / "masks_head").mkdir()
    message = refusal(root, masks="mask_head")
    assert "did you mean masks_head?" in message
    assert "image, images, masks_head" in message
    assert "holds no pairs" in refusal(root, masks="masks_head")


def test_index_out_of_range_is_an_index_error(tmp_path: Path) -> None:
    write_pair(tmp_path, names_in("test", 1)[0])
    source = FolderSource(tmp_path, "test", 8)
    for index in (-1, 1):
        with pytest.raises(IndexError):
            source[index]


def same(first: Sample, second: Sample) -> bool:
    arrays_equal = (np.array_equal(getattr(first, key), getattr(second, key)) for key in ("image", "mask", "void"))
    return first.name == second.name and all(arrays_equal)


def test_samples_are_fresh_and_a_pickled_copy_is_small_and_gives_the_same(tmp_path: Path) -> None:
    for name in names_in("train", 5):
        write_pair(tmp_path, name)
    source = FolderSource(tmp_path, "train", 128)
    before = source[2]
    source[2].image[...] = 0
    source[2].mask[...] = False
    assert same(source[2], before)
    pickled = pickle.dumps(source)
    assert len(pickled) < 10_000
    assert same(pickle.loads(pickled)[2], before)


def test_samples_that_do_not_fit_in_memory_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names_in("train", 3):
        write_pair(tmp_path, name)
    plenty = FolderSource(tmp_path, "train", 8)
    monkeypatch.setattr("cutout_rl.data.file_source._MAX_CACHE_BYTES", 8 * 8 * 5)
    scarce = FolderSource(tmp_path, "train", 8)
    assert all(same(plenty[index], scarce[index]) for index in range(3))
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    assert same(scarce[0], plenty[0])
    with pytest.raises(CutOutError, match="cannot be read"):
        scarce[1]


@pytest.mark.parametrize(
    ("folder", "masks", "pairs"),
    [("davis", "masks", 21), ("facesynthetics", "masks_head", 50), ("facesynthetics", "masks_face", 50)],
)
def test_real_sets_open_in_full(folder: str, masks: str, pairs: int) -> None:
    if not (REAL_DATA / folder).is_dir():
        pytest.skip(f"the real images of {folder} are not here")
    sources = [FolderSource(REAL_DATA / folder, split, 128, masks) for split in get_args(Split)]
    assert all(len(source) > 0 for source in sources)
    assert sum(map(len, sources)) == pairs
    for source in sources:
        for index in range(len(source)):
            sample = source[index]
            assert sample.image.shape == (128, 128, 3)
            assert 0 < sample.mask.mean() < 1
            assert not (sample.mask & sample.void).any()
