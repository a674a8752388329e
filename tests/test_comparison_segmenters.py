"""The comparison segmenters: corner cases, and agreement of sessions with single cuts."""

import warnings
from dataclasses import FrozenInstanceError

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import add
from scipy import ndimage

from cutout_rl.segmenters.grab_cut import GrabCutSegmenter
from cutout_rl.segmenters.random_walker import RandomWalkerSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label, Segmenter
from cutout_rl.segmenters.watershed import WatershedSegmenter

SEGMENTERS: list[Segmenter] = [GrabCutSegmenter(), RandomWalkerSegmenter(), WatershedSegmenter()]
pytestmark = pytest.mark.parametrize("segmenter", SEGMENTERS, ids=lambda segmenter: type(segmenter).__name__)

Mask = NDArray[np.bool_]


def none(shape: tuple[int, int]) -> Mask:
    return np.zeros(shape, dtype=bool)


def at(shape: tuple[int, int], *pixels: tuple[int, int]) -> Mask:
    mask = none(shape)
    mask[tuple(np.transpose(pixels))] = True
    return mask


def two_discs() -> tuple[NDArray[np.uint8], Mask, Mask]:
    """Return a noisy image of a large and a small red disc on green, and the two discs."""
    rows, columns = np.mgrid[:60, :80]
    first = (rows - 30) ** 2 + (columns - 20) ** 2 < 12**2
    second = (rows - 30) ** 2 + (columns - 60) ** 2 < 4**2
    image = np.where((first | second)[..., None], [200, 40, 40], [40, 160, 60])
    noise = np.random.default_rng(0).integers(-10, 11, image.shape)
    return (image + noise).astype(np.uint8), first, second


def test_disc_is_cut_and_its_untouched_twin_is_not(segmenter: Segmenter) -> None:
    image, disc, twin = two_discs()
    inside = ndimage.binary_erosion(disc, iterations=3)
    outside = none(disc.shape)
    outside[[3, -4], :] = outside[:, [3, 40, -4]] = True
    mask = segmenter.segment(image, inside, outside)
    assert mask.dtype == np.bool_
    assert (mask & disc).sum() / (mask | disc).sum() > 0.95
    assert not (mask & twin).any()


def test_without_both_labels_the_answer_is_defined(segmenter: Segmenter) -> None:
    image, disc, _ = two_discs()
    empty, some = none(disc.shape), at(disc.shape, (30, 20))
    assert not segmenter.segment(image, empty, empty).any()
    assert not segmenter.segment(image, empty, some).any()
    assert segmenter.segment(image, some, empty).all()


def test_overlap_and_wrong_shapes_are_refused(segmenter: Segmenter) -> None:
    image, disc, _ = two_discs()
    some, empty = at(disc.shape, (30, 20)), none(disc.shape)
    with pytest.raises(ValueError, match="both inside and outside"):
        segmenter.segment(image, some, some)
    with pytest.raises(ValueError, match=r"\(60, 79\)"):
        segmenter.segment(image, some, empty[:, :-1])
    with pytest.raises(ValueError, match=r"\(60, 80\)"):
        segmenter.segment(image[..., 0], some, empty)


def test_session_refuses_what_is_no_stroke(segmenter: Segmenter) -> None:
    session = segmenter.begin(two_discs()[0])
    for pixel in [(60, 0), (0, 80), (-1, 0)]:
        with pytest.raises(IndexError):
            add(session, np.array([pixel]), INSIDE)
    with pytest.raises(ValueError, match="shape"):
        add(session, np.arange(3), INSIDE)
    with pytest.raises(ValueError, match="label"):
        add(session, np.array([[0, 0]]), 2)  # type: ignore[arg-type]
    assert not add(session, np.empty((0, 2), dtype=np.int64), INSIDE).any()


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_one_colour_image_is_cut_without_a_warning(segmenter: Segmenter, colour: int) -> None:
    image = np.full((12, 20, 3), colour, dtype=np.uint8)
    inside, outside = at((12, 20), (6, 2), (6, 3)), at((12, 20), (6, 17))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mask = segmenter.segment(image, inside, outside)
    assert mask[inside].all()
    assert not mask[outside].any()


def test_one_pixel_image(segmenter: Segmenter) -> None:
    image, here, nowhere = np.zeros((1, 1, 3), dtype=np.uint8), np.ones((1, 1), dtype=bool), none((1, 1))
    assert segmenter.segment(image, here, nowhere).tolist() == [[True]]
    assert segmenter.segment(image, nowhere, here).tolist() == [[False]]
    assert segmenter.segment(image, nowhere, nowhere).tolist() == [[False]]


def test_image_labelled_all_over_gives_its_labels(segmenter: Segmenter) -> None:
    image, disc, twin = two_discs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(segmenter.segment(image, disc | twin, ~(disc | twin)), disc | twin)


@st.composite
def strokes_on_an_image(draw: st.DrawFn) -> tuple[NDArray[np.uint8], list[tuple[NDArray[np.int64], Label]]]:
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    levels = draw(st.sampled_from([1, 2, 256]))
    image = np.random.default_rng(draw(st.integers(0, 99))).integers(0, levels, (height, width, 3), dtype=np.uint8)
    pixel = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1))
    stroke = st.lists(pixel, max_size=5).map(lambda pixels: np.array(pixels, dtype=np.int64).reshape(-1, 2))
    return image, draw(st.lists(st.tuples(stroke, st.sampled_from([OUTSIDE, INSIDE])), max_size=5))


@settings(max_examples=60, deadline=None)
@given(case=strokes_on_an_image())
def test_session_agrees_with_one_cut_and_heeds_every_label(
    segmenter: Segmenter, case: tuple[NDArray[np.uint8], list[tuple[NDArray[np.int64], Label]]]
) -> None:
    image, strokes = case
    session = segmenter.begin(image)
    first_label: dict[tuple[int, int], Label] = {}
    for pixels, label in strokes:
        mask = add(session, pixels, label)
        for row, column in pixels.tolist():
            first_label.setdefault((row, column), label)
        sides = {side: none(image.shape[:2]) for side in (OUTSIDE, INSIDE)}
        for pixel, side in first_label.items():
            sides[side][pixel] = True
        assert np.array_equal(mask, segmenter.segment(image, sides[INSIDE], sides[OUTSIDE]))
        assert mask[sides[INSIDE]].all()
        assert not mask[sides[OUTSIDE]].any()
        parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
        if sides[INSIDE].any():
            assert set(np.unique(parts[sides[INSIDE]])) == set(range(1, count + 1))
        mask[...] = ~mask


def test_copied_session_goes_its_own_way(segmenter: Segmenter) -> None:
    image, disc, _ = two_discs()
    session = segmenter.begin(image)
    before = add(session, np.argwhere(at(disc.shape, (30, 20))), INSIDE)
    twin = session.copy()
    add(twin, np.argwhere(at(disc.shape, (3, 3), (30, 40))), OUTSIDE)
    assert np.array_equal(add(session, np.empty((0, 2), dtype=np.int64), INSIDE), before)
    assert not np.array_equal(add(twin, np.empty((0, 2), dtype=np.int64), INSIDE), before)


def test_settings_cannot_be_changed(segmenter: Segmenter) -> None:
    with pytest.raises(FrozenInstanceError):
        segmenter.beta = 1.0  # type: ignore[attr-defined]


def test_inputs_are_left_alone_and_global_random_state_decides_nothing(segmenter: Segmenter) -> None:
    image, disc, _ = two_discs()
    inside, outside = at(disc.shape, (30, 20)), at(disc.shape, (3, 3), (30, 40))
    kept = image.copy(), inside.copy(), outside.copy()
    masks = []
    for seed in range(3):
        cv2.setRNGSeed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global state is what this test disturbs
        masks.append(segmenter.segment(image, inside, outside))
    assert all(np.array_equal(mask, masks[0]) for mask in masks)
    for array, before in zip((image, inside, outside), kept, strict=True):
        assert np.array_equal(array, before)
