"""The page's network: what it is taught, its live controls, the strokes it starts a cut with, and restarts."""

import json
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import SIZE, Served, ask, frame, make_app_state, serve
from PIL import Image
from scenes import blob_sample, plain_iou
from websockets.sync.client import ClientConnection

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import NETWORK, Rest, Stroke
from cutout_rl.web.online.sample import shrink
from cutout_rl.web.online.suggested_strokes import strokes_of
from cutout_rl.web.online.trainer_client import make_lesson

INSIDE, OUTSIDE = Stroke("inside", 4, ((28, 32), (38, 32))), Stroke("outside", 4, ((3, 3), (60, 3), (60, 60)))
PATIENCE = 600  # s; the process competes with the tests beside it


def news(client: ClientConnection, enough: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait for news of the network that are enough, acknowledging every frame."""
    end = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < end
        data = client.recv(timeout=PATIENCE)
        if isinstance(data, bytes):
            client.send('{"do": "seen"}')
        elif '"network"' in data:
            told: dict[str, Any] = json.loads(data)["network"]
            if enough(told):
                return told


def draw(client: ClientConnection, stroke: Stroke, number: int) -> None:
    points = [list(point) for point in stroke.points]
    ask(client, do="stroke", pen=stroke.pen, width=stroke.width, points=points, end=True, id=number)


def guess(served: Served, name: str) -> Any:
    status, body = served.get(f"/guess?name={name}")
    return np.asarray(Image.open(BytesIO(body))) if status == 200 else None


def test_only_what_people_draw_is_learnt() -> None:
    small = shrink(blob_sample(128, 0).image)
    stroke = Stroke("inside", 8, ((40, 60), (80, 60)))
    for by in ("bc, greedy", NETWORK):
        assert make_lesson(small, (128, 128), [Stroke("inside", 8, ((1, 1),), by)]) is None
    lesson = make_lesson(small, (128, 128), [Stroke("outside", 30, ((60, 60),), NETWORK), stroke])
    assert lesson is not None
    assert lesson.image.shape == (64, 64, 3)
    assert np.array_equal(np.unique(lesson.labels), [0, 1])
    assert lesson.labels[30, 20:41].all()
    assert np.count_nonzero(lesson.labels) == pytest.approx(20 * 4, rel=0.5)
    assert make_lesson(small, (128, 128), [stroke, Stroke("erase", 60, ((40, 60), (80, 60)))]) is None
    whole = make_lesson(small, (128, 128), [stroke, Rest()])
    assert whole is not None
    assert np.array_equal(whole.labels == 2, lesson.labels == 0)


def test_network_draws_where_it_is_sure_and_the_cut_starts_from_it(tmp_path: Path) -> None:
    desk = make_app_state(tmp_path, size=256)
    sample = blob_sample(256, 0)
    soft = np.asarray(Image.fromarray(sample.mask.astype(np.uint8) * 255).resize((64, 64), Image.Resampling.BOX))
    strokes = strokes_of(soft, 64 / 256)
    assert {stroke.pen for stroke in strokes} == {"inside", "outside"}
    assert {stroke.by for stroke in strokes} == {NETWORK}
    drawing = Drawing(sample.image, desk.segmenter, strokes)
    assert sample.mask[drawing.labels == 1].all()
    assert not sample.mask[drawing.labels == 2].any()
    assert plain_iou(drawing.full_mask(), sample.mask, sample.void) > 0.97


@pytest.mark.parametrize(("level", "said"), [(128, "outside"), (0, "inside"), (255, "outside")])
def test_network_that_is_not_sure_draws_nothing(level: int, said: str) -> None:
    with pytest.raises(CutOutError, match=f"not sure of anything {said}"):
        strokes_of(np.full((64, 64), level, np.uint8), 0.5)


def test_it_learns_live_is_controlled_live_and_outlives_a_restart(tmp_path: Path) -> None:
    with serve(make_app_state(tmp_path)) as served, served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        assert news(client, lambda told: True)["images"] == 0
        draw(client, INSIDE, 2)
        draw(client, OUTSIDE, 3)
        told = news(client, lambda told: told["outside"])
        assert 20 < told["inside"] < told["outside"]
        assert told["images"] == 1
        ask(client, do="look", on=True, id=4)
        ask(client, do="learn", changes={"training": True, "learning_rate": 0.004}, id=5)
        told = news(client, lambda told: told["steps"] >= 40 and told["guess"] is not None)
        assert told["loss"] < 0.6
        assert told["field"] == 29 * SIZE / 64
        ask(client, do="learn", changes={"weight_decay": 0.1, "batch_size": 2, "dilation": 1}, id=6)
        told = news(client, lambda told: told["dilation"] == 1)
        assert (told["weight_decay"], told["batch_size"], told["field"]) == (0.1, 2, 15)
        ask(client, do="learn", changes={"batch_size": 0}, id=7)
        notes: list[dict[str, Any]] = []
        frame(client, 7, notes)
        assert any("batch_size must be" in note.get("error", "") for note in notes)
        ask(client, do="learn", changes={"training": False}, id=8)
        before = news(client, lambda told: not told["training"])
    with serve(make_app_state(tmp_path)) as served, served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        ask(client, do="look", on=True, id=2)
        told = news(client, lambda told: told["steps"] and told["images"] and told["guess"])
        assert told["steps"] >= before["steps"]
        same = ("training", "learning_rate", "weight_decay", "batch_size", "dilation", "inside", "outside")
        assert {name: told[name] for name in same} == {name: before[name] for name in same}
        assert guess(served, "blob0.png").shape == (64, 64)
        assert guess(served, "blob1.png") is None
        ask(client, do="learn", changes={"dilation": 2, "training": True}, id=3)
        sure = {"steps": told["steps"] + 80}
        news(client, lambda told: told["steps"] > sure["steps"])
        ask(client, do="clear", id=4)
        news(client, lambda told: told["images"] == 0)
        ask(client, do="start_cut", id=5)
        facts, mask, _ = frame(client, 5)
        sample = blob_sample(SIZE, 0)
        assert facts["strokes"] >= 2
        assert plain_iou(mask, sample.mask, sample.void) > 0.8
        ask(client, do="undo", id=6)
        assert frame(client, 6)[0]["strokes"] == 0
        ask(client, do="begin_anew", id=7)
        assert news(client, lambda told: told["steps"] == 0)["loss"] is None
    assert not list(tmp_path.rglob(".partial*"))


def settled(enough: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not enough():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_process_that_dies_is_told_of_and_begun_again(tmp_path: Path) -> None:
    desk = make_app_state(tmp_path)
    desk.keeping.save_acts("blob0.png", (SIZE, SIZE), [INSIDE, OUTSIDE])
    learner = desk.learner
    try:
        learner.change({"training": True})
        settled(lambda: learner.state()["steps"] > 0)
        learner._process.kill()
        settled(lambda: learner.state()["trouble"])
        assert not learner.state()["training"]
        learner.change({"training": True})
        settled(lambda: learner.state()["loss"] is not None and not learner.state()["trouble"])
    finally:
        learner.close()


def test_damaged_weights_are_told_of_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "network" / "weights.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no weights")
    desk = make_app_state(tmp_path)
    desk.keeping.save_acts("blob0.png", (SIZE, SIZE), [INSIDE, OUTSIDE])
    try:
        desk.learner.change({"training": True})
        settled(lambda: "move the file away" in desk.learner.state()["trouble"])
    finally:
        desk.learner.close()
    assert file.read_bytes() == b"no weights"


@pytest.mark.parametrize("text", ["", "[]", "null", '{"dilation": 99}', '{"nothing": 1}', "[" * 5000])
def test_damaged_settings_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kept" / "network" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(CutOutError, match="move it away"):
        make_app_state(tmp_path)
