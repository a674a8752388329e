"""The objects of one image: history, strokes that exclude others, overlap, storage, and classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_server import SIZE, make_app_state
from scenes import blob_sample

from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import objects, scene
from cutout_rl.web.classes import DEFAULT, Classes, ClassInfo, decode_classes
from cutout_rl.web.edits import BackgroundFill, Box, Pixels, Stroke
from cutout_rl.web.objects import ImageRecord, ObjectInfo
from cutout_rl.web.other_masks import OtherMasks
from cutout_rl.web.scene import Scene
from cutout_rl.web.storage import Storage

IMAGE = blob_sample(SIZE, 0).image
SEGMENTER = make_segmenter("graphcut")
NAME = "blob0.png"
TWO = (ObjectInfo(2), ObjectInfo(1))  # 2 is the upper one


def stroke(pen: str, *points: tuple[float, float], width: float = 3, by: str = "person") -> Stroke:
    return Stroke(pen, width, points, by)  # type: ignore[arg-type]


def scene_of(record: ImageRecord, overlap: bool = False, exclude: bool = True) -> Scene:
    return Scene(IMAGE, SEGMENTER, record, Classes(DEFAULT.classes, overlap, exclude))


coordinates = st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
edits = st.one_of(
    st.builds(
        lambda pen, points, width, by: stroke(pen, *points, width=width, by=by),
        st.sampled_from(("inside", "outside", "erase", "add", "remove")),
        st.lists(coordinates, min_size=1, max_size=3),
        st.integers(1, 12),
        st.sampled_from(("person", "person", "bc")),
    ),
    st.just(BackgroundFill()),
    st.just(Box(10, 8, 50, 60)),
)
steps = st.one_of(edits, st.sampled_from(("undo", "redo", "add", "remove", "other", "up", "look")))


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=14))
def test_masks_are_what_the_stored_record_gives(steps: list[object]) -> None:
    kept = scene_of(ImageRecord())
    for step in steps:
        if isinstance(step, str):
            {
                "undo": kept.undo,
                "redo": kept.redo,
                "add": lambda: kept.add(1),
                "remove": lambda: kept.remove(kept.current),
                "other": lambda: kept.select(kept.objects[-1].number),
                "up": lambda: kept.move(kept.current, -1),
                "look": lambda: (kept.settle(), kept.mask()),
            }[step]()
        else:
            kept.apply(step)  # type: ignore[arg-type]
            kept.touch()
    record = kept.record
    again = scene_of(record)
    shown = {info.number: mask for info, mask in kept.full_masks()}
    for info, mask in again.full_masks():
        assert np.array_equal(mask, shown[info.number])
    assert again.record.tagged == record.tagged


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), edits), min_size=1, max_size=10))
def test_all_is_undone_and_redone_in_order(drawn: list[tuple[bool, object]]) -> None:
    kept = scene_of(ImageRecord(TWO, ((1, stroke("inside", (1, 1))), (2, stroke("inside", (60, 60))))))
    records = [kept.record.tagged]
    for second, edit in drawn:
        kept.select(2 if second else 1)
        kept.apply(edit)  # type: ignore[arg-type]
        records.append(kept.record.tagged)
    for record in reversed(records[:-1]):
        kept.undo()
        assert kept.record.tagged == record
    for record in records[1:]:
        kept.redo()
        assert kept.record.tagged == record
    assert not kept.can_redo


arrangements = st.one_of(
    st.tuples(st.just("change"), st.sampled_from((1, 2)), st.fixed_dictionaries({"category": st.integers(1, 3)})),
    st.tuples(st.just("change"), st.sampled_from((1, 2)), st.fixed_dictionaries({"name": st.sampled_from("abc")})),
    st.tuples(st.just("move"), st.sampled_from((1, 2)), st.sampled_from((-1, 1))),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(arrangements, max_size=6), st.lists(arrangements, max_size=6))
def test_classes_names_and_order_are_undone_among_strokes(before: list[Any], after: list[Any]) -> None:
    kept = scene_of(ImageRecord(TWO, ((1, stroke("inside", (1, 1))), (2, stroke("inside", (60, 60))))))

    def do(step: Any) -> None:
        if step == "stroke":
            kept.apply(stroke("outside", (30, 30)))
        elif step[0] == "change":
            kept.change(step[1], **step[2])
        else:
            kept.move(step[1], step[2])

    records = [kept.record]
    for step in (*before, "stroke", *after):
        do(step)
        if kept.record != records[-1]:  # else there is nothing to undo
            records.append(kept.record)
    kept.change(1, hidden=True)  # is no step
    kept.change(1, hidden=False)
    for record in reversed(records[:-1]):
        kept.undo()
        assert kept.record == record
    for record in records[1:]:
        kept.redo()
        assert kept.record == record
    assert not kept.can_redo


def test_an_arrangement_is_undone_after_a_removal_and_keeps_what_is_hidden() -> None:
    kept = scene_of(ImageRecord(TWO, ((1, stroke("inside", (1, 1))), (2, stroke("inside", (60, 60))))))
    kept.change(1, name="oak")
    kept.remove(1)
    kept.undo()
    kept.change(1, hidden=True)
    kept.select(2)
    kept.undo()
    assert kept.objects == [ObjectInfo(2), ObjectInfo(1, hidden=True)]
    assert kept.current == 1  # what has changed is selected
    kept.change(2, name="elm")
    assert not kept.can_redo
    kept.add(1)  # an empty object, above the others
    kept.change(3, name="ash")
    kept.undo()
    assert [(info.number, info.name) for info in kept.objects] == [(3, "ash"), (2, ""), (1, "")]


def test_strokes_inside_one_object_are_background_for_the_others() -> None:
    tagged = ((1, stroke("inside", (28, 32), (38, 32))), (2, stroke("inside", (33, 20), (33, 24))))
    for exclude in (True, False):
        kept = scene_of(ImageRecord(TWO, tagged), overlap=True, exclude=exclude)
        masks = {info.number: mask for info, mask in kept.full_masks()}
        assert masks[2][22, 33]
        assert masks[1][22, 33] == (not exclude)  # in the blob
    kept.set_classes(Classes(DEFAULT.classes, overlap=True, exclude=True))
    assert not {info.number: mask for info, mask in kept.full_masks()}[1][22, 33]


def test_the_brush_changes_the_mask_itself_until_a_later_label() -> None:
    kept = scene_of(ImageRecord.of([stroke("inside", (28, 32), (38, 32)), stroke("outside", (3, 3), (60, 3))]))
    before = kept.full_masks()[0][1]
    kept.apply(stroke("add", (4, 50), width=5))
    kept.apply(stroke("remove", (33, 32), width=5))
    mask = kept.full_masks()[0][1]
    assert mask[50, 4]
    assert not mask[32, 33]
    assert np.count_nonzero(mask != before) <= 2 * 49
    kept.apply(stroke("inside", (33, 32), width=1))
    assert kept.full_masks()[0][1][32, 33]
    for _ in range(3):
        kept.undo()
    assert np.array_equal(kept.full_masks()[0][1], before)


def test_the_brush_paints_large_images_pixel_by_pixel() -> None:
    large = Scene(blob_sample(1024, 0).image, SEGMENTER, ImageRecord(), DEFAULT)
    large.apply(stroke("add", (101, 200), (111, 200), width=1))
    ((_, mask),) = large.full_masks()
    assert np.argwhere(mask).tolist() == [[200, column] for column in range(101, 112)]


def test_an_erased_pixel_is_not_background_again() -> None:
    tagged = ((2, stroke("inside", (33, 20), (33, 24))), (1, stroke("erase", (33, 22), width=20)))
    kept = scene_of(ImageRecord(TWO, tagged))
    kept.settle()
    kept.select(1)
    assert not kept.drawing.labels.any()


def test_without_overlap_the_upper_object_has_the_pixel() -> None:
    labels = np.full((SIZE, SIZE), 2, np.uint8)
    labels[10:30, 10:30] = 1
    lower = np.full((SIZE, SIZE), 2, np.uint8)
    lower[20:50, 20:50] = 1
    record = ImageRecord(TWO, ((2, Pixels.of(labels)), (1, Pixels.of(lower))))
    kept = scene_of(record)
    masks = [mask for _, mask in kept.full_masks()]
    assert np.array_equal(masks[0], labels == 1)
    assert np.array_equal(masks[1], (lower == 1) & (labels != 1))
    kept.select(1)
    assert np.array_equal(kept.mask(), masks[1])
    assert np.array_equal(OtherMasks(kept).in_whole() > 0, masks[0])
    kept.move(1, -1)
    assert np.array_equal(kept.mask(), lower == 1)
    kept.change(2, hidden=True)
    assert not OtherMasks(kept).in_whole().any()
    assert np.array_equal(scene_of(record, overlap=True).full_masks()[1][1], lower == 1)


def test_a_box_of_one_object_shows_the_others_where_they_are() -> None:
    labels = np.full((SIZE, SIZE), 2, np.uint8)
    labels[20:30, 20:30] = 1
    record = ImageRecord(TWO, ((2, Pixels.of(labels)), (1, Box(10, 10, 60, 50)), (1, stroke("inside", (40, 40)))))
    kept = scene_of(record)
    kept.settle()
    assert np.array_equal(OtherMasks(kept).in_whole() > 0, labels == 1)
    kept.select(1)
    assert (kept.drawing.labels[10:20, 10:20] == 2).all()  # beneath the object 2


def test_objects_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "MAX_OBJECTS", 2)
    kept = scene_of(ImageRecord())
    kept.add(1)
    assert len(kept.objects) == 1  # the empty one is used
    for _ in range(2):
        kept.apply(stroke("inside", (5, 5)))
        if len(kept.objects) == 2:
            with pytest.raises(CutOutError, match="at most 2 objects"):
                kept.add(1)
        else:
            kept.add(1)
    with pytest.raises(CutOutError, match="no object 9"):
        kept.select(9)


def test_records_survive_the_file_and_version_1_is_read(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    infos = (ObjectInfo(7, 3, "oak", True), ObjectInfo(2, 1))
    record = ImageRecord(infos, ((2, stroke("inside", (1, 2))), (7, Box(0, 0, 9, 9)), (2, BackgroundFill())))
    storage.save("a.png", (9, 9), record)
    assert Storage(tmp_path).load("a.png", (9, 9)) == record
    old = {"version": 1, "image": "a.png", "size": [9, 9], "acts": [{"pen": "inside", "width": 3, "points": [[1, 2]]}]}
    (tmp_path / "strokes" / "a.png.json").write_text(json.dumps(old))
    assert storage.load("a.png", (9, 9)) == ImageRecord.of([stroke("inside", (1, 2))])
    assert storage.damage == []
    old |= {"version": 2, "objects": [{"number": 2, "category": 1}]}  # the stroke is of an object that is missing
    (tmp_path / "strokes" / "a.png.json").write_text(json.dumps(old))
    assert storage.load("a.png", (9, 9)).tagged == ()
    assert "a.png.json.damaged" in storage.damage[0]


def test_classes_are_kept_checked_and_set_aside_when_damaged(tmp_path: Path) -> None:
    classes = Classes([ClassInfo(5, "cat", "#ff0000")], overlap=True)
    app_state = make_app_state(tmp_path, images=1)
    app_state.storage.classes.save(classes)
    again = Storage(app_state.storage.folder)
    assert again.classes.load() == classes
    assert again.load(NAME, (SIZE, SIZE)).objects == (ObjectInfo(1, 5),)
    assert classes.name_of(9) == "class 9"
    more = classes.with_names({"dog": 5, "cat": 7, "cow": 8})
    assert more.ids() == {"cat": 5, "dog": 6, "cow": 8}
    assert len({each.colour for each in more.classes}) == 3
    (app_state.storage.folder / "classes.json").write_text("[")
    damaged = Storage(app_state.storage.folder)
    assert damaged.classes.load() == DEFAULT
    assert "classes.json.damaged" in damaged.damage[0]
    for data, said in (
        (b'{"classes": []}', "invalid"),
        (b'{"classes": [{"id": 1, "name": "", "colour": "#ffffff"}]}', "invalid"),
        (b'{"classes": [{"id": 1, "name": "a", "colour": "red"}]}', "invalid"),
        (
            b'{"classes": [{"id": 1, "name": "a", "colour": "#ffffff"}, {"id": 1, "name": "b", "colour": "#000000"}]}',
            "1",
        ),
    ):
        with pytest.raises(CutOutError, match=said):
            decode_classes(data)
    assert objects.MAX_OBJECTS < 255
