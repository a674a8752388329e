"""Strokes carried along from frame to frame: they stay on what they were drawn on, or are dropped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from page_server import make_app_state, serve
from PIL import Image
from test_page_browser import press

from cutout_rl.experiments.page_latency.browser import open_page, text, wait
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.app_state import AppState
from cutout_rl.web.carried_strokes import Motion, carry_strokes
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Box, Pixels, Stroke
from cutout_rl.web.objects import ImageRecord, ObjectInfo

HEIGHT, WIDTH = 240, 320


def texture(seed: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT // 4, WIDTH // 4, 3)).astype(np.float32)
    smooth = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array(colour) + 25 * smooth, 0, 255).astype(np.uint8)


def frame(right: float, down: float, scale: float = 1.0) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return an image of an ellipse that has moved over a background that has not, and its mask."""
    background, cloth = texture(0, (90, 130, 80)), texture(1, (170, 90, 120))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (150, 120), (60, 40), 20, 0, 360, 255, -1)
    where = np.array([[scale, 0, right + 150 * (1 - scale)], [0, scale, down + 120 * (1 - scale)]])
    cloth, mask = (cv2.warpAffine(each, where, (WIDTH, HEIGHT)) for each in (cloth, mask))
    inside = mask > 127
    return np.where(inside[..., None], cloth, background).astype(np.uint8), inside


def with_frames(root: Path, *frames: NDArray[np.uint8]) -> AppState:
    (root / "data" / "images").mkdir(parents=True)
    for number, image in enumerate(frames):
        Image.fromarray(image).save(root / "data" / "images" / f"f{number}.png")
    return make_app_state(root, images=0)


STROKES = (
    Stroke("inside", 7, ((110.0, 108.0), (190.0, 134.0))),
    Stroke("outside", 7, ((60.0, 60.0), (60.0, 180.0), (240.0, 200.0))),
    Stroke("outside", 7, ((240.0, 60.0),), "some agent"),
)


@pytest.mark.parametrize(("right", "down", "scale"), [(12, 5, 1.0), (-8, 10, 1.05), (0, 0, 1.0)])
def test_strokes_stay_on_what_they_were_drawn_on(tmp_path: Path, right: int, down: int, scale: float) -> None:
    (first, _), (second, truth) = frame(0, 0), frame(right, down, scale)
    app_state = with_frames(tmp_path, first, second)
    app_state.storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord.of(STROKES))
    assert carry_strokes(app_state, "f0.png", "f1.png").note == "Strokes of 1 object carried along from f0.png."
    edits = app_state.storage.load("f1.png", (HEIGHT, WIDTH)).edits
    strokes = [edit for edit in edits if isinstance(edit, Stroke)]
    assert {(stroke.pen, stroke.width, stroke.by) for stroke in strokes} == {
        (stroke.pen, stroke.width, stroke.by) for stroke in STROKES
    }
    drawing = Drawing(second, make_segmenter("graphcut"), edits)
    labels = drawing.full_labels()
    assert truth[labels == 1].mean() > 0.97
    assert not truth[labels == 2].any()
    mask = drawing.full_mask()
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9
    moved = np.array([point for stroke in strokes if stroke.pen == "inside" for point in stroke.points])
    begin, end = (np.array(point) for point in STROKES[0].points)
    travelled = (np.array((150, 120)) - begin) * (1 - scale) + (right, down)
    assert np.abs(moved[0] - (begin + travelled)).max() < 2.5
    travelled = (np.array((150, 120)) - end) * (1 - scale) + (right, down)
    assert np.abs(moved[-1] - (end + travelled)).max() < 2.5


def test_strokes_on_what_is_covered_or_has_left_the_picture_are_dropped(tmp_path: Path) -> None:
    first, _ = frame(0, 0)
    second = np.roll(first, -16, axis=1)  # everything moves left
    second[:, -16:] = texture(7, (20, 30, 200))[:, -16:]
    second[150:] = texture(8, (230, 220, 20))[150:]
    app_state = with_frames(tmp_path, first, second)
    gone = Stroke("outside", 5, ((6.0, 40.0), (6.0, 90.0)))
    covered = Stroke("outside", 5, ((100.0, 200.0), (200.0, 200.0)))
    kept = Stroke("outside", 5, ((250.0, 40.0), (250.0, 90.0)))
    objects = (ObjectInfo(1), ObjectInfo(2, 1, "lost"))
    tagged = ((1, gone), (1, covered), (1, kept), (2, covered))
    app_state.storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord(objects, tagged))
    said = carry_strokes(app_state, "f0.png", "f1.png").note
    assert said == "Strokes of 1 object carried along from f0.png; 1 not found again."
    record = app_state.storage.load("f1.png", (HEIGHT, WIDTH))
    assert record.objects == (ObjectInfo(1),)
    places = np.array([point for _, edit in record.tagged if isinstance(edit, Stroke) for point in edit.points])
    assert np.abs(places[:, 0] - 234).max() < 3
    assert 35 < places[:, 1].min() < 45
    assert 85 < places[:, 1].max() < 95


def test_boxes_and_imported_masks_move_along(tmp_path: Path) -> None:
    (first, before), (second, after) = frame(0, 0), frame(12, 6)
    app_state = with_frames(tmp_path, first, second)
    labels = np.where(before, 1, 2).astype(np.uint8)
    objects = (ObjectInfo(1), ObjectInfo(2, 1, "imported"))
    zoomed = replace(STROKES[0], window=Box(100, 80, 200, 160))
    tagged = ((1, Box(80, 60, 220, 180)), (1, zoomed), (2, Pixels.of(labels)))
    app_state.storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord(objects, tagged))
    carry_strokes(app_state, "f0.png", "f1.png")
    record = app_state.storage.load("f1.png", (HEIGHT, WIDTH))
    assert record.objects == objects
    box, pixels = record.edits_of(1)[0], record.edits_of(2)[0]
    assert isinstance(box, Box)
    assert box.right - box.left == 140
    assert 0 <= box.left - 80 <= 13
    stroke = record.edits_of(1)[1]
    assert isinstance(stroke, Stroke)
    assert stroke.window is not None
    assert stroke.window.width == 100
    assert 10 <= stroke.window.left - 100 <= 14  # most of it shows the ellipse, which moves by 12
    assert isinstance(pixels, Pixels)
    assert (pixels.labels() == 0).mean() < 0.1
    mask = Drawing(second, make_segmenter("graphcut"), [pixels]).full_mask()
    assert (mask & after).sum() / (mask | after).sum() > 0.95


def test_motion_of_large_images_is_in_their_own_pixels() -> None:
    small, _ = frame(0, 0)
    large = cv2.resize(small, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    moved, is_sure = Motion(large, np.roll(large, 30, axis=1)).move(np.array([[700.0, 600.0], [1595.0, 600.0]]))
    assert is_sure.tolist() == [True, False]  # the second has left the picture
    assert np.abs(moved[0] - (730, 600)).max() < 4


def test_what_cannot_be_carried_is_refused_in_a_sentence(tmp_path: Path) -> None:
    first, _ = frame(0, 0)
    app_state = with_frames(tmp_path, first, frame(3, 0)[0], first[:, :-2], texture(9, (250, 250, 10)))
    storage = app_state.storage
    assert "f0.png has no strokes" in refusal_of(lambda: carry_strokes(app_state, "f0.png", "f1.png"))
    storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord.of(STROKES))
    assert "differ in size" in refusal_of(lambda: carry_strokes(app_state, "f0.png", "f2.png"))
    assert "no image" in refusal_of(lambda: carry_strokes(app_state, "f0.png", "none.png")).lower()
    storage.save("f1.png", (HEIGHT, WIDTH), ImageRecord.of(STROKES[:1]))
    assert "f1.png has strokes already" in refusal_of(lambda: carry_strokes(app_state, "f0.png", "f1.png"))
    assert storage.load("f1.png", (HEIGHT, WIDTH)).edits == [STROKES[0]]
    storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord.of([Stroke("inside", 5, ((5.0, 5.0),))]))
    said = refusal_of(lambda: carry_strokes(app_state, "f0.png", "f3.png"))
    assert "Nothing that is marked in f0.png is found again" in said


def test_the_server_carries_strokes_on_request(tmp_path: Path) -> None:
    app_state = with_frames(tmp_path, frame(0, 0)[0], frame(4, 2)[0])
    app_state.storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord.of(STROKES))
    with serve(app_state) as served:
        status, body = served.post("/carry?name=f1.png&source=f0.png")
        assert (status, b"1 object carried along" in body) == (200, True)
        status, body = served.post("/carry?name=f1.png&source=f0.png")
        assert (status, b"clear it first" in body) == (400, True)
    assert len(app_state.storage.load("f1.png", (HEIGHT, WIDTH)).edits) >= len(STROKES)


def test_a_person_carries_strokes_over_with_a_key(tmp_path: Path, browser: Any) -> None:
    app_state = with_frames(tmp_path, frame(0, 0)[0], frame(12, 5)[0])
    app_state.storage.save("f0.png", (HEIGHT, WIDTH), ImageRecord.of(STROKES))
    with serve(app_state) as served:
        open_page(browser, served.address, "f0.png")
        press(browser, "r")
        wait(lambda: "no image before" in text(browser, "message"))
        open_page(browser, served.address, "f1.png")
        press(browser, "r")
        wait(lambda: "1 object carried along" in text(browser, "message"))
        wait(lambda: "; 3 strokes, 1 by the agent" in text(browser, "status"))
        press(browser, "r")
        wait(lambda: "clear it first" in text(browser, "message"))
