"""The page's network: training samples, live controls, suggested strokes, and restarts."""

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
from cutout_rl.web.edits import NETWORK, BackgroundFill, Stroke
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import shrink
from cutout_rl.web.online.suggested_strokes import suggest_strokes
from cutout_rl.web.online.trainer_client import make_training_sample

INSIDE, OUTSIDE = Stroke("inside", 4, ((28, 32), (38, 32))), Stroke("outside", 4, ((3, 3), (60, 3), (60, 60)))
TIMEOUT = 600  # s; the process competes with parallel tests


def news(client: ClientConnection, enough: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait for a state of the network that meets a condition, and acknowledge all frames."""
    end = time.monotonic() + TIMEOUT
    while True:
        assert time.monotonic() < end
        data = client.recv(timeout=TIMEOUT)
        if isinstance(data, bytes):
            client.send('{"do": "ack"}')
        elif '"network"' in data:
            state: dict[str, Any] = json.loads(data)["network"]
            if enough(state):
                return state


def draw(client: ClientConnection, stroke: Stroke, number: int) -> None:
    points = [list(point) for point in stroke.points]
    ask(client, do="stroke", pen=stroke.pen, width=stroke.width, points=points, end=True, id=number)


def prediction(served: Served, name: str) -> Any:
    status, body = served.get(f"/prediction?name={name}")
    return np.asarray(Image.open(BytesIO(body))) if status == 200 else None


def test_only_what_people_draw_is_learnt() -> None:
    small = shrink(blob_sample(128, 0).image)
    stroke = Stroke("inside", 8, ((40, 60), (80, 60)))
    for by in ("bc, greedy", NETWORK):
        assert make_training_sample(small, (128, 128), ImageRecord.of([Stroke("inside", 8, ((1, 1),), by)])) is None
    sample = make_training_sample(
        small, (128, 128), ImageRecord.of([Stroke("outside", 30, ((60, 60),), NETWORK), stroke])
    )
    assert sample is not None
    assert sample.image.shape == (64, 64, 3)
    assert np.array_equal(np.unique(sample.labels), [0, 1])
    assert sample.labels[30, 20:41].all()
    assert np.count_nonzero(sample.labels) == pytest.approx(20 * 4, rel=0.5)
    assert (
        make_training_sample(small, (128, 128), ImageRecord.of([stroke, Stroke("erase", 60, ((40, 60), (80, 60)))]))
        is None
    )
    whole = make_training_sample(small, (128, 128), ImageRecord.of([stroke, BackgroundFill()]))
    assert whole is not None
    assert np.array_equal(whole.labels == 2, sample.labels == 0)


def test_network_draws_where_it_is_sure_and_the_cut_starts_from_it(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, size=256)
    sample = blob_sample(256, 0)
    soft = np.asarray(Image.fromarray(sample.mask.astype(np.uint8) * 255).resize((64, 64), Image.Resampling.BOX))
    strokes = suggest_strokes(soft, 64 / 256)
    assert {stroke.pen for stroke in strokes} == {"inside", "outside"}
    assert {stroke.by for stroke in strokes} == {NETWORK}
    drawing = Drawing(sample.image, app_state.segmenter, strokes)
    assert sample.mask[drawing.labels == 1].all()
    assert not sample.mask[drawing.labels == 2].any()
    assert plain_iou(drawing.full_mask(), sample.mask, sample.void) > 0.97


@pytest.mark.parametrize(("level", "said"), [(128, "outside"), (0, "inside"), (255, "outside")])
def test_network_that_is_not_confident_draws_nothing(level: int, said: str) -> None:
    with pytest.raises(CutOutError, match=f"no confident prediction {said}"):
        suggest_strokes(np.full((64, 64), level, np.uint8), 0.5)


def test_it_learns_live_is_controlled_live_and_outlives_a_restart(tmp_path: Path) -> None:
    with serve(make_app_state(tmp_path)) as served, served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        assert news(client, lambda state: True)["images"] == 0
        draw(client, INSIDE, 2)
        draw(client, OUTSIDE, 3)
        state = news(client, lambda state: state["outside"])
        assert 20 < state["inside"] < state["outside"]
        assert state["images"] == 1
        ask(client, do="watch_prediction", on=True, id=4)
        ask(client, do="set_learning", changes={"training": True, "learning_rate": 0.004}, id=5)
        state = news(client, lambda state: state["steps"] >= 40 and state["prediction"] is not None)
        assert state["loss"] < 0.6
        assert state["field"] == 29 * SIZE / 64
        ask(client, do="set_learning", changes={"weight_decay": 0.1, "batch_size": 2, "dilation": 1}, id=6)
        state = news(client, lambda state: state["dilation"] == 1)
        assert (state["weight_decay"], state["batch_size"], state["field"]) == (0.1, 2, 15)
        ask(client, do="set_learning", changes={"batch_size": 0}, id=7)
        notes: list[dict[str, Any]] = []
        frame(client, 7, notes)
        assert any("batch_size must be" in note.get("error", "") for note in notes)
        ask(client, do="set_learning", changes={"training": False}, id=8)
        before = news(client, lambda state: not state["training"])
    with serve(make_app_state(tmp_path)) as served, served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        ask(client, do="watch_prediction", on=True, id=2)
        state = news(client, lambda state: state["steps"] and state["images"] and state["prediction"])
        assert state["steps"] >= before["steps"]
        same = ("training", "learning_rate", "weight_decay", "batch_size", "dilation", "inside", "outside")
        assert {name: state[name] for name in same} == {name: before[name] for name in same}
        assert prediction(served, "blob0.png").shape == (64, 64)
        assert prediction(served, "blob1.png") is None
        ask(client, do="set_learning", changes={"dilation": 2, "training": True}, id=3)
        sure = {"steps": state["steps"] + 80}
        news(client, lambda state: state["steps"] > sure["steps"])
        ask(client, do="clear", id=4)
        news(client, lambda state: state["images"] == 0)
        ask(client, do="start_cut", id=5)
        facts, mask, _ = frame(client, 5)
        sample = blob_sample(SIZE, 0)
        assert facts["strokes"] >= 2
        assert plain_iou(mask, sample.mask, sample.void) > 0.8
        ask(client, do="undo", id=6)
        assert frame(client, 6)[0]["strokes"] == 0
        ask(client, do="reset_network", id=7)
        assert news(client, lambda state: state["steps"] == 0)["loss"] is None
    assert not list(tmp_path.rglob(".partial*"))


def settled(enough: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT
    while not enough():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_worker_that_dies_is_reported_and_restarted(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path)
    app_state.storage.save("blob0.png", (SIZE, SIZE), ImageRecord.of([INSIDE, OUTSIDE]))
    trainer = app_state.trainer
    try:
        trainer.change_settings({"training": True})
        settled(lambda: trainer.state()["steps"] > 0)
        trainer._process.kill()
        settled(lambda: trainer.state()["failure"])
        assert not trainer.state()["training"]
        trainer.change_settings({"training": True})
        settled(lambda: trainer.state()["loss"] is not None and not trainer.state()["failure"])
    finally:
        trainer.close()


def test_damaged_weights_are_reported_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "network" / "weights.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no weights")
    app_state = make_app_state(tmp_path)
    app_state.storage.save("blob0.png", (SIZE, SIZE), ImageRecord.of([INSIDE, OUTSIDE]))
    try:
        app_state.trainer.change_settings({"training": True})
        settled(lambda: "move the file away" in app_state.trainer.state()["failure"])
    finally:
        app_state.trainer.close()
    assert file.read_bytes() == b"no weights"


@pytest.mark.parametrize("text", ["", "[]", "null", '{"dilation": 99}', '{"nothing": 1}', "[" * 5000])
def test_damaged_settings_are_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kept" / "network" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    app_state = make_app_state(tmp_path)
    assert app_state.trainer.settings == LearningSettings()
    assert "settings.json.damaged" in app_state.storage.damage[0]
    assert file.with_name("settings.json.damaged").read_text() == text


def test_an_image_that_cannot_be_read_leaves_the_others_to_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_state = make_app_state(tmp_path, images=2)
    for name in ("blob0.png", "blob1.png"):
        app_state.storage.save(name, (SIZE, SIZE), ImageRecord.of([INSIDE, OUTSIDE]))
    load = ImageStore.load

    def fail_on_first(store: ImageStore, name: str) -> Any:
        if name == "blob0.png":
            raise PermissionError(13, "Permission denied", name)
        return load(store, name)

    monkeypatch.setattr(ImageStore, "load", fail_on_first)
    app_state.trainer._load_samples(["blob0.png", "blob1.png"], again=True)
    assert app_state.trainer.state()["images"] == 1
