"""Points of an outline: few, on the mask, at the places where a person has put them; and the masks that they give."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from page_frames import decode_frame
from page_server import SIZE, make_app_state
from scenes import blob_sample

from cutout_rl.data.formats.polygons import fill
from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.carried_strokes import carry_strokes
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import Box, Pixels, Points, PolygonEdit, Stroke
from cutout_rl.web.messages import decode_message
from cutout_rl.web.outline_points import Spacing, outline_points
from cutout_rl.web.session import ClientSession

SEGMENTER = make_segmenter("graphcut")
IMAGE = blob_sample(SIZE, 0).image
WHOLE = Box(0, 0, SIZE, SIZE)
COARSE = Spacing(WHOLE, 1.5, 1.5)


def disc(size: int, radius: float, hole: float = 0) -> NDArray[np.bool_]:
    rows, columns = np.indices((size, size)) + 0.5 - size / 2
    distances = np.hypot(rows, columns)
    return np.asarray((distances <= radius) & (distances > hole))


def enclosed(rings: list[Points], size: int) -> NDArray[np.bool_]:
    mask = np.zeros((size, size), np.bool_)
    for ring in rings:
        mask ^= fill([np.array(ring)], mask.shape)
    return mask


def drawing_of(mask: NDArray[np.bool_]) -> Drawing:
    """Return a drawing with that mask."""
    image = cv2.resize(IMAGE, mask.shape[::-1])
    return Drawing(np.asarray(image, np.uint8), SEGMENTER, [Pixels.of(np.where(mask, 1, 2).astype(np.uint8))])


def moved(rings: list[Points], number: int, place: int, by: tuple[float, float], width: float) -> PolygonEdit:
    ring = list(rings[number])
    ring[place] = ring[place][0] + by[0], ring[place][1] + by[1]
    return PolygonEdit(tuple(rings), number, tuple(ring), width)


masks = st.integers(0, 2**32 - 1).map(
    lambda seed: cv2.GaussianBlur(np.random.default_rng(seed).random((SIZE, SIZE)), (0, 0), 4) > 0.5
)


shifts = st.integers(-90, 90).map(lambda tenths: tenths / 10 + 0.0314159)


@settings(max_examples=30)
@given(masks, st.floats(1, 4))
def test_points_follow_the_mask_within_the_tolerance(mask: NDArray[np.bool_], tolerance: float) -> None:
    rings = outline_points(mask, (), Spacing(WHOLE, tolerance, tolerance))
    assert all(len(ring) >= 3 for ring in rings)
    wrong = np.asarray(enclosed(rings, SIZE) != mask)
    # Parts without points are no larger than the tolerance, and so is the distance from the contour.
    side = 2 * int(np.ceil(tolerance)) + 1
    kernel = np.ones((side, side), np.uint8)
    band = cv2.morphologyEx(np.pad(mask, 1).view(np.uint8), cv2.MORPH_GRADIENT, kernel)[1:-1, 1:-1] > 0
    assert not (wrong & ~band).any()


def test_a_disc_with_a_hole_has_few_points_in_two_rings() -> None:
    mask = disc(200, 80, hole=30)
    outer, inner = outline_points(mask, (), Spacing(Box(0, 0, 200, 200), 1.5, 1.5))
    assert len(inner) < len(outer) < 30
    wrong = enclosed([outer, inner], 200) != mask
    assert np.count_nonzero(wrong) < 0.05 * np.count_nonzero(mask)


def test_zooming_adds_points_where_it_is_looked_and_moves_none() -> None:
    mask = disc(400, 150)
    (far,) = outline_points(mask, (), Spacing(Box(0, 0, 400, 400), 4, 4))
    (near,) = outline_points(mask, (), Spacing(Box(0, 0, 200, 200), 1, 4))
    assert set(far) < set(near)
    added = np.array([point for point in near if point not in far])
    assert (added < 320).all()  # sides that reach into the area have them all along
    assert (added.min(axis=1) < 200).all()


@settings(max_examples=30)
@given(masks, st.data())
def test_a_point_stays_where_it_was_put_and_the_mask_follows(mask: NDArray[np.bool_], data: st.DataObject) -> None:
    drawing = drawing_of(mask)
    rings = outline_points(drawing.full_mask(), drawing.edits, COARSE)
    number = data.draw(st.integers(0, len(rings) - 1))
    place = data.draw(st.integers(0, len(rings[number]) - 1))
    # No moved side passes exactly through the centre of a pixel, where rounding would decide.
    by = data.draw(st.tuples(shifts, shifts))
    edit = moved(rings, number, place, by, COARSE.band)
    edit = from_json(json.loads(json.dumps(to_json(edit))), (SIZE, SIZE))  # type: ignore[assignment]
    before = drawing.full_mask()
    drawing.apply(edit)
    after = drawing.full_mask()
    new = enclosed(list(edit.after), SIZE)
    crossed = enclosed([edit.before], SIZE) ^ enclosed([edit.ring], SIZE)
    assert np.array_equal(after[crossed], new[crossed])
    assert np.all((after == before) | (after == new))
    again = Drawing(drawing.image, SEGMENTER, drawing.edits)
    assert np.array_equal(again.full_mask(), after)
    assert np.array_equal(again.mask(), after)  # the cut has the size of the image
    drawing.undo()
    assert np.array_equal(drawing.full_mask(), before)
    drawing.redo()
    assert np.array_equal(drawing.full_mask(), after)


def test_points_that_were_placed_are_shown_again_and_the_others_too() -> None:
    drawing = drawing_of(disc(SIZE, 20, hole=8))
    rings = outline_points(drawing.full_mask(), drawing.edits, COARSE)
    edit = moved(rings, 0, 2, (7.25, 3.5), COARSE.band)
    drawing.apply(edit)
    shown = outline_points(drawing.full_mask(), drawing.edits, COARSE)
    assert {frozenset(ring) for ring in shown} == {frozenset(ring) for ring in edit.after}
    drawing.undo()
    assert outline_points(drawing.full_mask(), drawing.edits, COARSE) == rings


def test_a_coarser_spacing_leaves_out_points_but_not_the_placed_one() -> None:
    drawing = drawing_of(disc(400, 150))
    whole = Box(0, 0, 400, 400)
    rings = outline_points(drawing.full_mask(), drawing.edits, Spacing(whole, 1.5, 1.5))
    edit = moved(rings, 0, 2, (7.25, 3.5), 4)
    drawing.apply(edit)
    (ring,) = outline_points(drawing.full_mask(), drawing.edits, Spacing(whole, 10, 10))
    assert {edit.ring[1], edit.ring[2], edit.ring[3]} <= set(ring)  # and its neighbours
    assert len(ring) < 2 / 3 * len(rings[0])


def test_points_are_added_and_removed_and_a_hole_can_be_filled() -> None:
    mask = disc(SIZE, 20, hole=8)
    drawing = drawing_of(mask)
    rings = outline_points(drawing.full_mask(), drawing.edits, COARSE)
    outer = rings[0]
    drawing.apply(PolygonEdit(tuple(rings), 1, (), COARSE.band))
    assert np.array_equal(drawing.full_mask()[disc(SIZE, 17)], np.ones(disc(SIZE, 17).sum(), np.bool_))
    assert outline_points(drawing.full_mask(), drawing.edits, COARSE) == [outer]
    fewer = outer[:3] + outer[4:]
    drawing.apply(PolygonEdit((outer,), 0, fewer, COARSE.band))
    assert np.count_nonzero(drawing.full_mask()) < np.count_nonzero(disc(SIZE, 20))
    assert set(outline_points(drawing.full_mask(), drawing.edits, COARSE)[0]) == set(fewer)
    middle = (fewer[2][0] + fewer[3][0]) / 2, (fewer[2][1] + fewer[3][1]) / 2
    before = drawing.full_mask()
    drawing.apply(PolygonEdit((fewer,), 0, (*fewer[:3], middle, *fewer[3:]), COARSE.band))
    assert np.count_nonzero(drawing.full_mask() != before) <= 2  # a point on a straight side changes nothing
    assert middle in outline_points(drawing.full_mask(), drawing.edits, COARSE)[0]


def test_a_later_stroke_replaces_what_the_points_gave() -> None:
    drawing = drawing_of(disc(SIZE, 20))
    rings = outline_points(drawing.full_mask(), drawing.edits, COARSE)
    place = int(np.array(rings[0])[:, 0].argmax())
    drawing.apply(moved(rings, 0, place, (9, 0), COARSE.band))
    x, y = rings[0][place]
    added = round(x) + 4, round(y)
    assert drawing.full_mask()[added[1], added[0]]
    drawing.apply(Stroke("outside", 1, (added,)))
    assert not drawing.full_mask()[added[1], added[0]]


def test_a_large_image_is_changed_at_its_own_resolution() -> None:
    drawing = drawing_of(disc(1200, 400))
    spacing = Spacing(Box(900, 500, 1100, 700), 1, 6)
    rings = outline_points(drawing.full_mask(), drawing.edits, spacing)
    place = int(np.array(rings[0])[:, 0].argmax())
    before = drawing.full_mask()
    drawing.apply(moved(rings, 0, place, (3, 0), spacing.band))
    changed = np.argwhere(drawing.full_mask() != before)
    assert 3 < len(changed) < 300
    assert abs(changed[:, 1] - 1000).max() < 6


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"number": 2}, "no ring 2"),
        ({"number": -1}, "no ring -1"),
        ({"ring": [[1, 1], [5, 5]]}, "three points"),
        ({"ring": [[1, 0], [5, 64]] * 1_000}, "too long"),
        ({"width": 0}, "invalid"),
        ({"outline": [], "ring": []}, "three points"),
    ],
)
def test_an_outline_that_makes_no_sense_is_refused(change: dict[str, Any], complaint: str) -> None:
    sound = {"outline": [[[1, 1], [9, 1], [9, 9]]], "number": 0, "ring": [[1, 1], [9, 1], [9, 5]], "width": 3}
    assert isinstance(from_json(sound, (SIZE, SIZE)), PolygonEdit)
    with pytest.raises(CutOutError, match=complaint):
        from_json({**sound, **change}, (SIZE, SIZE))


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path)


def send(session: ClientSession, do: str, **fields: Any) -> dict[str, Any]:
    """Send a message, let the session work until it rests, and return its newest note about points, or nothing."""
    session.handle(decode_message(json.dumps({"do": do, **fields})))
    session.frame()
    while session.is_busy:
        session.frame()
    assert not [note for note in session.notes if "error" in note]
    found: dict[str, Any] = next((note["points"] for note in reversed(session.notes) if "points" in note), {})
    session.notes.clear()
    return found


def test_a_session_shows_points_and_keeps_what_is_done_with_them(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    send(session, "stroke", pen="inside", width=3, points=[(30, 32), (36, 32)], end=True)
    assert not send(session, "stroke", pen="outside", width=3, points=[(2, 2), (60, 2)], end=True)
    points = send(session, "points", id=7, area=[0, 0, SIZE, SIZE], tolerance=1.5, elsewhere=1.5)
    assert (points["name"], points["object"], points["seen"]) == ("blob0.png", 1, 7)
    edit = moved([tuple(map(tuple, ring)) for ring in points["rings"]], 0, 0, (-6, -6), points["width"])
    shown = send(session, "outline", edit=to_json(edit))
    assert edit.ring[0] in shown["rings"][0]
    mask = app_state.storage.load("blob0.png", (SIZE, SIZE))
    assert mask.edits[-1] == edit
    send(session, "select", step=-1)
    frame = session.frame()
    assert frame is not None
    assert decode_frame(frame)[0]["selected"] == {"outline": True, "number": 3}
    undone = send(session, "undo")
    assert undone["rings"] == points["rings"]
    assert send(session, "redo")["rings"] == shown["rings"]
    assert send(session, "add_object")["rings"] == []
    send(session, "points", area=None)
    assert not send(session, "select_object", object=1)
    session.close()
    again = ClientSession(app_state)
    send(again, "open", name="blob0.png")
    assert send(again, "points", area=[0, 0, SIZE, SIZE], tolerance=1.5, elsewhere=1.5)["rings"] == shown["rings"]


def test_changed_outlines_are_carried_to_the_next_frame(app_state: AppState) -> None:
    image = app_state.images.load("blob0.png")
    app_state.images.add("next.png", cv2.imencode(".png", np.roll(image[..., ::-1], 3, axis=1))[1].tobytes())
    record = app_state.storage.load("blob0.png", (SIZE, SIZE))
    rings = outline_points(blob_sample(SIZE, 0).mask, (), COARSE)
    edit = moved(rings, 0, 0, (0, 4), COARSE.band)
    record = replace(record, tagged=((1, Stroke("inside", 3, ((30, 32), (36, 32)))), (1, edit)))
    app_state.storage.save("blob0.png", (SIZE, SIZE), record)
    carry_strokes(app_state, "blob0.png", "next.png")
    *_, carried = app_state.storage.load("next.png", (SIZE, SIZE)).edits
    assert isinstance(carried, PolygonEdit)
    shift = np.array(carried.ring) - np.array(edit.ring)
    assert np.median(shift, axis=0) == pytest.approx([3, 0], abs=0.5)
