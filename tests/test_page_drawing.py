"""A drawing's mask is the segmenter's own for the current labels, whatever was drawn, erased, undone and boxed."""

import json
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_frames import decode_frame
from scenes import blob_sample, plain_iou

from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import PERSON, BackgroundFill, Box, Edit, Pixels, Stroke
from cutout_rl.web.frame import encode_frame
from cutout_rl.web.views import WORKING_SIZE

SEGMENTER = make_segmenter("graphcut")
SAMPLE = blob_sample(48, 1)
BACKGROUND = Stroke("outside", 3, ((2, 2), (45, 2), (45, 45)))


def on_blob(pen: str = "inside") -> Stroke:
    row, column = np.argwhere(SAMPLE.mask).mean(axis=0).tolist()
    return Stroke(pen, 3, ((column - 4, row), (column + 4, row)))  # type: ignore[arg-type]


coordinates = st.floats(0, 47)
strokes = st.builds(
    Stroke,
    st.sampled_from(("inside", "outside", "erase")),
    st.floats(0.5, 12),
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4).map(tuple),
    st.sampled_from((PERSON, "an agent")),
)
sides = st.integers(0, 38).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 8, 48)))
pixels = st.integers(0, 2**32 - 1).map(
    lambda seed: Pixels.of(np.random.default_rng(seed).choice(3, (48, 48), p=(0.9, 0.05, 0.05)).astype(np.uint8))
)
rest = st.just(BackgroundFill())
boxes = st.builds(lambda rows, columns: Box(columns[0], rows[0], columns[1], rows[1]), sides, sides)


@settings(max_examples=40)
@given(
    st.lists(st.one_of(strokes, pixels, rest, boxes, st.sampled_from(("undo", "redo", "clear", "look"))), max_size=12)
)
def test_mask_is_what_a_cut_from_nothing_gives(steps: list[Edit | str]) -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER)
    for step in steps:
        if not isinstance(step, str):
            drawing.apply(step)
        elif step == "look":
            drawing.mask()
        elif step == "clear":
            drawing.replace([])
        else:
            getattr(drawing, step)()
    view = drawing.view
    part = SAMPLE.image[view.top : view.bottom, view.left : view.right]
    assert np.array_equal(drawing.mask(), SEGMENTER.segment(part, drawing.labels == 1, drawing.labels == 2))
    again = Drawing(SAMPLE.image, SEGMENTER, drawing.edits)
    assert np.array_equal(again.labels, drawing.labels)
    assert np.array_equal(again.full_mask(), drawing.full_mask())


def test_an_agent_draws_round_what_is_drawn_and_a_person_over_it() -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER, [BACKGROUND])
    over = replace(BACKGROUND, pen="inside", width=7)
    drawing.apply(replace(over, by="an agent"))
    first = Drawing(SAMPLE.image, SEGMENTER, [BACKGROUND]).labels
    assert np.array_equal(drawing.labels[first > 0], first[first > 0])
    assert np.count_nonzero(drawing.labels == 1) > 100
    assert np.array_equal(drawing.full_labels() > 0, drawing.labels > 0)
    drawing.apply(over)
    assert np.all(drawing.labels[first > 0] == 1)


@given(st.lists(st.one_of(strokes, pixels, rest, boxes), min_size=1, max_size=5))
@settings(max_examples=20)
def test_undo_and_redo_go_through_what_was(edits: list[Edit]) -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER)
    masks = [drawing.full_mask()]
    for edit in edits:
        drawing.apply(edit)
        masks.append(drawing.full_mask())
    for mask in masks[-2::-1]:
        drawing.undo()
        assert np.array_equal(drawing.full_mask(), mask)
    drawing.undo()
    for mask in masks[1:]:
        drawing.redo()
        assert np.array_equal(drawing.full_mask(), mask)


@given(strokes, st.lists(strokes, max_size=3))
@settings(max_examples=30)
def test_a_stroke_in_pieces_is_the_stroke(stroke: Stroke, before: list[Stroke]) -> None:
    whole, pieces = (Drawing(SAMPLE.image, SEGMENTER, before) for _ in range(2))
    whole.apply(stroke)
    pieces.apply(replace(stroke, points=stroke.points[:1]))
    for _, point in pairwise(stroke.points):
        pieces.mask()
        pieces.extend((point,))
    assert pieces.edits == whole.edits
    assert np.array_equal(pieces.labels, whole.labels)
    assert np.array_equal(pieces.mask(), whole.mask())


def test_strokes_inside_and_outside_find_the_object() -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER, [on_blob(), BACKGROUND])
    assert plain_iou(drawing.full_mask(), SAMPLE.mask, SAMPLE.void) > 0.85


def test_a_later_stroke_wins_and_erasing_gives_the_pixels_back() -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER, [on_blob(), BACKGROUND])
    before = drawing.labels.copy()
    drawing.apply(on_blob("outside"))
    assert (drawing.labels[before == 1] == 2).all()
    assert not drawing.mask()[before == 1].any()
    drawing.apply(on_blob("erase"))
    assert not drawing.labels[before == 1].any()


def test_nothing_outside_a_box_is_cut_and_clicks_correct_inside() -> None:
    rows, columns = np.nonzero(SAMPLE.mask)
    box = Box(int(columns.min()) - 3, int(rows.min()) - 3, int(columns.max()) + 4, int(rows.max()) + 4)
    drawing = Drawing(SAMPLE.image, SEGMENTER)
    drawing.apply(box)
    mask = drawing.full_mask()
    assert plain_iou(mask, SAMPLE.mask, SAMPLE.void) > 0.8
    beyond = np.ones_like(mask)
    beyond[box.top + 1 : box.bottom - 1, box.left + 1 : box.right - 1] = False
    assert not mask[beyond].any()
    drawing.apply(Stroke("outside", 3, ((columns.mean(), rows.mean()),)))
    assert not drawing.full_mask()[round(rows.mean()), round(columns.mean())]


def test_a_large_image_is_cut_small_and_refined() -> None:
    small = blob_sample(384, 2)
    ground, light = (60, 80, 110), (190, 150, 120)
    height = width = 3 * 384
    rows, columns = np.ogrid[:height, :width]
    truth = np.asarray(((rows - 576) / 300) ** 2 + ((columns - 576) / 411.3) ** 2 < 1)
    image = np.where(truth[..., None], light, ground).astype(np.uint8)
    noise = np.repeat(np.repeat(small.image[:, :, :1] % 16, 3, axis=0), 3, axis=1)
    image = cv2.add(image, np.repeat(noise, 3, axis=2))
    drawing = Drawing(
        image, SEGMENTER, [Stroke("inside", 20, ((500, 576), (650, 576))), Stroke("outside", 20, ((9, 9),))]
    )
    assert drawing.labels.shape == (WORKING_SIZE, WORKING_SIZE)
    enlarged = cv2.resize(drawing.mask().view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    full = drawing.full_mask()
    assert full.shape == truth.shape
    assert np.count_nonzero(full != truth) < 0.5 * np.count_nonzero(enlarged != truth)


def test_an_edit_is_one_undo_step_and_background_fill_yields_to_strokes() -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER, [on_blob(), BACKGROUND])
    before, labels = list(drawing.edits), drawing.labels.copy()
    drawing.apply(BackgroundFill())
    assert np.array_equal(drawing.labels == 1, labels == 1)
    assert np.array_equal(drawing.labels == 2, labels != 1)
    assert np.array_equal(drawing.full_labels(), drawing.labels)
    drawing.replace([])
    assert drawing.can_undo
    assert not drawing.labels.any()
    drawing.apply(on_blob("outside"))
    for _ in range(2):
        drawing.undo()
    assert drawing.edits == [*before, BackgroundFill()]
    drawing.undo()
    assert np.array_equal(drawing.labels, labels)
    assert not Drawing(SAMPLE.image, SEGMENTER).can_undo


def test_nothing_can_be_drawn_on_without_a_stroke() -> None:
    drawing = Drawing(SAMPLE.image, SEGMENTER)
    with pytest.raises(CutOutError, match="no stroke"):
        drawing.extend(((1, 1),))


@given(st.one_of(strokes, pixels, boxes))
def test_acts_survive_json(edit: Edit) -> None:
    assert from_json(json.loads(json.dumps(to_json(edit))), (48, 48)) == edit


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_frames_are_read_back(height: int, width: int, data: st.DataObject) -> None:
    pixels = data.draw(st.lists(st.integers(0, 5), min_size=height * width, max_size=height * width))
    values = np.array(pixels, np.uint8).reshape(height, width)
    facts, mask, labels = decode_frame(encode_frame({"name": "é"}, values % 2 > 0, values // 2))
    assert (facts["name"], facts["width"], facts["height"]) == ("é", width, height)
    assert np.array_equal(mask, values % 2 > 0)
    assert np.array_equal(labels, values // 2)
