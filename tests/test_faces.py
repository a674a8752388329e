"""The procedural faces: determinism, exact masks, the same person at every size."""

import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cutout_rl.data import Sample, Split
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.utils.errors import CutOutError

SPLITS: tuple[Split, ...] = ("train", "val", "test")
MASKS = ("head", "face", "hair")
indices = st.integers(0, 9_999)


def checksum(sample: Sample) -> int:
    return zlib.crc32(sample.image.tobytes() + sample.mask.tobytes())


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def halved(mask: np.ndarray) -> np.ndarray:
    side = mask.shape[0] // 2
    return mask.reshape(side, 2, side, 2).mean(axis=(1, 3)) >= 0.5


@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("size", [32, 64, 128, 200])
def test_a_sample_has_the_protocols_shapes_and_dtypes(size: int, masks: str) -> None:
    sample = FacesSource("val", size, masks)[7]
    assert sample.image.shape == (size, size, 3)
    assert sample.image.dtype == np.uint8
    assert sample.mask.shape == sample.void.shape == (size, size)
    assert sample.mask.dtype == sample.void.dtype == np.bool_
    assert not sample.void.any()


def test_the_largest_size_is_drawn() -> None:
    assert FacesSource("val", 512)[0].image.shape == (512, 512, 3)


def test_another_process_draws_the_same() -> None:
    program = (
        "import sys, zlib; from cutout_rl.data.synthetic.faces import FacesSource\n"
        "for masks in ('head', 'face', 'hair'):\n"
        "    samples = [FacesSource('train', 64, masks)[i] for i in (3, 999_999)]\n"
        "    print(*[zlib.crc32(s.image.tobytes() + s.mask.tobytes()) for s in samples])"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    here = [checksum(FacesSource("train", 64, masks)[index]) for masks in MASKS for index in (3, 999_999)]
    assert [int(value) for value in there] == here


@given(index=indices, before=indices)
@settings(max_examples=10, deadline=None)
def test_what_was_drawn_before_changes_nothing(index: int, before: int) -> None:
    source = FacesSource("train", 32)
    first = checksum(source[index])
    _ = source[before]
    assert checksum(source[index]) == first


def test_no_image_comes_twice() -> None:
    drawn = [checksum(FacesSource(split, 32)[index]) for split in SPLITS for index in range(60)]
    assert len(set(drawn)) == len(drawn)


def test_names_are_unique_across_splits() -> None:
    names = [FacesSource(split, 32)[index].name for split in SPLITS for index in range(5)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("masks", MASKS)
@given(index=indices)
@settings(max_examples=40, deadline=None)
def test_a_mask_is_neither_empty_nor_full(masks: str, index: int) -> None:
    mask = FacesSource("train", 64, masks)[index].mask
    assert 0.005 < mask.mean() < 0.95


@given(index=indices)
@settings(max_examples=40, deadline=None)
def test_a_face_lies_in_its_head(index: int) -> None:
    face = FacesSource("train", 64, "face")[index]
    head = FacesSource("train", 64, "head")[index]
    assert np.array_equal(face.image, head.image)
    assert (face.mask & head.mask).sum() >= 0.99 * face.mask.sum()


@given(index=indices)
@settings(max_examples=40, deadline=None)
def test_a_head_is_one_piece_but_for_strands(index: int) -> None:
    mask = FacesSource("train", 128)[index].mask
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = ndimage.sum_labels(mask, labels, range(1, count + 1))
    assert max(sizes) >= 0.95 * mask.sum()


@pytest.mark.parametrize("masks", ["head", "face"])
def test_the_same_person_at_every_size(masks: str) -> None:
    pairs = [(FacesSource("val", 128, masks)[i], FacesSource("val", 64, masks)[i]) for i in range(30)]
    overlaps = [iou(halved(large.mask), small.mask) for large, small in pairs]
    assert np.mean(overlaps) > 0.92
    assert min(overlaps) > 0.7


def test_hair_is_the_same_person_at_every_size() -> None:
    pairs = [(FacesSource("val", 128, "hair")[i], FacesSource("val", 64, "hair")[i]) for i in range(30)]
    assert np.mean([iou(halved(large.mask), small.mask) for large, small in pairs]) > 0.88


def test_colours_agree_at_every_size() -> None:
    for index in range(20):
        large, small = FacesSource("val", 128)[index].image, FacesSource("val", 64)[index].image
        shrunk = large.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
        assert np.abs(shrunk - small).mean() < 12


def test_mask_edges_lie_on_the_drawn_person() -> None:
    """The image gradient is larger on the mask's boundary than elsewhere, so image and mask are aligned."""
    ratios = []
    for index in range(30):
        sample = FacesSource("val", 128)[index]
        grey = sample.image.mean(axis=2)
        gradient = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
        edge = ndimage.binary_dilation(sample.mask) ^ ndimage.binary_erosion(sample.mask, border_value=1)
        ratios.append(gradient[edge].mean() / gradient[~edge].mean())
    assert np.median(ratios) > 2


def test_heads_come_in_many_places_sizes_and_colours() -> None:
    samples = [FacesSource("train", 32)[index] for index in range(80)]
    areas = [sample.mask.mean() for sample in samples]
    skin = [sample.image[sample.mask].mean() for sample in samples]
    centres = [ndimage.center_of_mass(sample.mask) for sample in samples]
    assert np.ptp(areas) > 0.2
    assert np.std(skin) > 20
    assert np.std(centres, axis=0).min() > 1.5


def test_lengths_of_the_splits() -> None:
    assert [len(FacesSource(split)) for split in SPLITS] == [1_000_000, 10_000, 10_000]


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        FacesSource("val", 32)[index]


def test_unknown_masks_are_refused_with_the_choices() -> None:
    with pytest.raises(CutOutError, match=r"'nose'.*head, face, hair"):
        FacesSource("val", 32, "nose")


@pytest.mark.parametrize("size", [31, 513])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(CutOutError, match="32 to 512"):
        FacesSource("val", size)


@pytest.mark.slow
def test_an_image_takes_a_hundredth_of_a_second() -> None:
    """The best of three rounds counts, with a tolerance of 50 %. Drawn images are cached, so all indices differ."""
    source = FacesSource("train", 128)
    _ = source[0]
    times = []
    for first in (1, 61, 121):
        start = time.perf_counter()
        for index in range(first, first + 60):
            source[index]
        times.append((time.perf_counter() - start) / 60)
    assert min(times) < 0.015


@pytest.mark.slow
@pytest.mark.parametrize("masks", MASKS)
def test_thousands_of_masks_are_neither_empty_nor_full(masks: str) -> None:
    for index in range(3000):
        mask = FacesSource("train", 64, masks)[index].mask
        assert mask.any()
        assert not mask.all()
