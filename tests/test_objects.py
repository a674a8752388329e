"""The procedural objects: determinism, exact masks, the same scene at every size."""

import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.synthetic.objects import ObjectsSource
from cutout_rl.data.synthetic.objects.figures import Part, draw_figure
from cutout_rl.data.synthetic.objects.layers import CANVAS, place
from cutout_rl.data.synthetic.objects.object_scene import draw_scene
from cutout_rl.utils.errors import CutOutError

SPLITS: tuple[Split, ...] = ("train", "val", "test")
indices = st.integers(0, 9_999)


def checksum(sample: Sample) -> int:
    return zlib.crc32(sample.image.tobytes() + sample.mask.tobytes())


def halved(mask: np.ndarray) -> np.ndarray:
    side = mask.shape[0] // 2
    return np.asarray(mask.reshape(side, 2, side, 2).mean(axis=(1, 3)) >= 0.5)


@pytest.mark.parametrize("size", [32, 64, 128, 200])
def test_a_sample_has_the_protocols_shapes_and_dtypes(size: int) -> None:
    sample = ObjectsSource("val", size)[7]
    assert sample.image.shape == (size, size, 3)
    assert sample.image.dtype == np.uint8
    assert sample.mask.shape == sample.void.shape == (size, size)
    assert sample.mask.dtype == sample.void.dtype == np.bool_
    assert not sample.void.any()


def test_another_process_draws_the_same() -> None:
    program = (
        "import sys, zlib; from cutout_rl.data.synthetic.objects import ObjectsSource\n"
        "samples = [ObjectsSource('train', 64)[i] for i in (3, 999_999)]\n"
        "print(*[zlib.crc32(s.image.tobytes() + s.mask.tobytes()) for s in samples])"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [int(value) for value in there] == [checksum(ObjectsSource("train", 64)[index]) for index in (3, 999_999)]


@given(index=indices, before=indices)
@settings(max_examples=10, deadline=None)
def test_what_was_drawn_before_changes_nothing(index: int, before: int) -> None:
    source = ObjectsSource("train", 32)
    first = checksum(source[index])
    _ = source[before]
    assert checksum(source[index]) == first


def test_no_image_comes_twice_and_no_name_either() -> None:
    samples = [ObjectsSource(split, 32)[index] for split in SPLITS for index in range(40)]
    assert len({checksum(sample) for sample in samples}) == len(samples)
    assert len({sample.name for sample in samples}) == len(samples)


@given(index=indices)
@settings(max_examples=60, deadline=None)
def test_a_mask_is_neither_empty_nor_full(index: int) -> None:
    mask = ObjectsSource("train", 64)[index].mask
    assert 0.005 < mask.mean() < 0.8


def test_the_same_scene_at_every_size() -> None:
    overlaps = []
    for index in range(30):
        large, small = ObjectsSource("val", 128)[index], ObjectsSource("val", 64)[index]
        halves = halved(large.mask)
        overlaps.append((halves & small.mask).sum() / (halves | small.mask).sum())
        shrunk = large.image.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
        assert np.abs(shrunk - small.image).mean() < 12
    assert np.mean(overlaps) > 0.92
    assert min(overlaps) > 0.7


def test_mask_edges_lie_on_the_drawn_object() -> None:
    """The image gradient is larger on the mask's boundary than elsewhere, so image and mask are aligned."""
    ratios = []
    for index in range(40):
        sample = ObjectsSource("val", 128)[index]
        grey = sample.image.mean(axis=2)
        gradient = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
        edge = ndimage.binary_dilation(sample.mask) ^ ndimage.binary_erosion(sample.mask, border_value=1)
        ratios.append(gradient[edge].mean() / gradient[~edge].mean())
    assert np.median(ratios) > 1.5


def test_a_layer_covers_just_what_putting_it_on_a_canvas_changes() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        layer = place(rng, draw_figure(rng), rng.uniform(40, CANVAS - 40, 2), 90, [np.full(3, 200, np.float32)])
        assert layer is not None
        canvas = np.full((CANVAS, CANVAS, 3), -500, np.float32)  # darker than any paint
        layer.put_on(canvas)
        changed = (canvas != -500).any(axis=2)
        assert np.array_equal(changed, layer.whole_cover() > 0)


def test_a_hole_shows_what_is_behind() -> None:
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    parts = [Part(square, 0), Part(0.5 * square, -1)]
    layer = place(np.random.default_rng(0), parts, np.array([80.0, 80.0]), 80, [np.zeros(3, np.float32)])
    assert layer is not None
    cover = layer.whole_cover()
    assert cover[80, 80] == 0
    assert cover[80, 50] == 1


@given(seed=indices)
@settings(max_examples=60, deadline=None)
def test_a_figure_is_two_across_about_its_middle(seed: int) -> None:
    points = np.concatenate([part.outline for part in draw_figure(np.random.default_rng(seed))])
    low, high = points.min(axis=0), points.max(axis=0)
    assert (high - low).max() == pytest.approx(2)
    assert np.abs(low + high).max() < 1e-9


def test_objects_come_in_many_places_sizes_and_colours() -> None:
    samples = [ObjectsSource("train", 32)[index] for index in range(80)]
    areas = [sample.mask.mean() for sample in samples]
    centres = [ndimage.center_of_mass(sample.mask) for sample in samples]
    assert np.ptp(areas) > 0.25
    assert np.std([sample.image[sample.mask].mean() for sample in samples]) > 20
    assert np.std(centres, axis=0).min() > 1.5


def test_the_name_opens_them_and_masks_are_refused() -> None:
    assert isinstance(open_source("objects", "val", 64), ObjectsSource)
    with pytest.raises(CutOutError, match="one kind of masks"):
        open_source("objects", "val", 64, masks="head")


def test_lengths_of_the_splits() -> None:
    assert [len(ObjectsSource(split)) for split in SPLITS] == [1_000_000, 10_000, 10_000]


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        ObjectsSource("val", 32)[index]


@pytest.mark.parametrize("size", [31, 513])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(CutOutError, match="32 to 512"):
        ObjectsSource("val", size)


@pytest.mark.slow
def test_an_image_takes_a_hundredth_of_a_second() -> None:
    """Single times are noisy, so the best of three counts, with a tolerance of 50 %."""
    best = []
    for index in range(60):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            draw_scene(np.random.default_rng(index))
            times.append(time.perf_counter() - start)
        best.append(min(times))
    assert np.mean(best) < 0.015
