"""The agent finishes all images of a folder in the background, and keeps its estimates for a queue."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from page_server import SIZE, Served, make_app_state, serve
from reader import Reader, cropped_mask
from test_page_suggestion import GAME, facts_of, send

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import display
from cutout_rl.web.app_state import AppState
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Edit, Stroke
from cutout_rl.web.finishing import Finishing
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.reading_assistant import make_assistant
from cutout_rl.web.server import make_app
from cutout_rl.web.session import ClientSession
from cutout_rl.web.storage import Storage

DOT = Stroke("inside", 3, ((32.0, 32.0),))


class Gate(Assistant):
    """Moves at random, but only after `open` is set."""

    def __init__(self) -> None:
        super().__init__(RandomPens(), GAME)
        self.asked = Event()
        self.open = Event()

    def next_stroke(self, drawing: Drawing) -> Stroke | None:
        self.asked.set()
        assert self.open.wait(30)
        return super().next_stroke(drawing)


@pytest.fixture
def reading(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, assistant=make_assistant(Reader(cropped_mask()), GAME))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


def edits_of(app_state: AppState, name: str) -> list[Edit]:
    return app_state.storage.load(name, (SIZE, SIZE)).edits


def ended(finishing: Finishing) -> dict[str, Any]:
    end = time.monotonic() + 60
    while (state := finishing.state())["running"]:
        assert time.monotonic() < end
        time.sleep(0.01)
    return state


def test_untouched_images_are_finished_and_the_others_are_left_alone(reading: AppState) -> None:
    storage = reading.storage
    storage.save("blob1.png", (SIZE, SIZE), ImageRecord.of([DOT]))
    storage.states.set("blob2.png", "skipped")
    finishing = Finishing(reading)
    finishing.start()
    state = ended(finishing)
    assert (state["done"], state["total"], state["problems"], state["stopped"]) == (2, 2, 0, False)
    assert [each["name"] for each in state["finished"]] == ["blob0.png", "blob3.png"]
    assert finishing.state(1)["finished"] == state["finished"][1:]
    assert edits_of(reading, "blob1.png") == [DOT]
    assert edits_of(reading, "blob2.png") == []
    strokes = edits_of(reading, "blob0.png")
    assert {stroke.by for stroke in strokes if isinstance(stroke, Stroke)} == {"reader"}
    # The agent believes in the mask of blob0.png, so that its estimate of the other one is lower.
    kept = Storage(storage.folder).estimates
    estimate = kept.of("blob0.png")
    assert estimate is not None
    drawing = Drawing(reading.images.load("blob0.png"), reading.segmenter, strokes)
    assert estimate == pytest.approx(reading.agents.current.assistant.estimate_iou(drawing), abs=1e-4)
    assert 0.9 < estimate <= 1
    assert (kept.of("blob3.png") or 1) < estimate
    assert kept.of("blob1.png") is None
    with pytest.raises(CutOutError, match="Every image has strokes already"):
        finishing.start()


def test_agents_without_an_estimate_keep_none(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    finishing = Finishing(app_state)
    finishing.start()
    assert [each["estimate"] for each in ended(finishing)["finished"]] == [None, None]
    assert not (app_state.storage.folder / "estimates.json").exists()
    assert len(edits_of(app_state, "blob1.png")) >= 5


def test_it_stops_within_an_image_which_stays_untouched(tmp_path: Path, gate: Gate) -> None:
    app_state = make_app_state(tmp_path, assistant=gate)
    finishing = Finishing(app_state)
    finishing.start()
    assert gate.asked.wait(30)
    finishing.start()  # without effect
    finishing.stop()
    gate.open.set()
    state = ended(finishing)
    assert (state["stopped"], state["done"], state["total"]) == (True, 0, 4)
    assert app_state.storage.edited_images() == set()


def test_it_ends_with_the_server(tmp_path: Path, gate: Gate) -> None:
    app = make_app(make_app_state(tmp_path, assistant=gate), "127.0.0.1", None)
    states = []

    async def run() -> None:
        events = asyncio.Queue[dict[str, str]]()
        await events.put({"type": "lifespan.startup"})
        sent = asyncio.Queue[Any]()
        serving = asyncio.create_task(app({"type": "lifespan", "state": {}}, events.get, sent.put))
        assert (await sent.get())["type"] == "lifespan.startup.complete"
        threads = set(threading.enumerate())
        request = {"type": "http", "method": "POST", "path": "/finishing", "query_string": b"do=start"}
        headers = [(b"host", b"127.0.0.1")]

        async def body() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def answer(message: Any) -> None:
            states.append(message.get("status"))

        await app({**request, "headers": headers}, body, answer)
        assert gate.asked.wait(30)
        (worker,) = [each for each in set(threading.enumerate()) - threads if each.name == "page-finishing"]
        await events.put({"type": "lifespan.shutdown"})
        await asyncio.sleep(0.05)
        gate.open.set()
        await serving
        worker.join(30)
        assert not worker.is_alive()

    asyncio.run(run())
    assert states[0] == 204
    assert Storage(tmp_path / "kept").edited_images() == set()


def test_an_image_that_a_person_begins_meanwhile_is_left_to_the_person(tmp_path: Path, gate: Gate) -> None:
    app_state = make_app_state(tmp_path, images=2, assistant=gate)
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    finishing = Finishing(app_state)
    finishing.start()
    assert gate.asked.wait(30)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)  # drawing is not blocked
    gate.open.set()
    state = ended(finishing)
    assert [each["name"] for each in state["finished"]] == ["blob1.png"]
    assert edits_of(app_state, "blob0.png") == [DOT]


def test_an_open_image_shows_the_strokes_of_the_agent(reading: AppState) -> None:
    session = ClientSession(reading)
    send(session, "open", name="blob0.png")
    finishing = Finishing(reading)
    finishing.start()
    ended(finishing)
    assert session.is_stale
    session.refresh()
    assert facts_of(session)["by_agent"] == len(edits_of(reading, "blob0.png")) > 0


def test_the_estimate_follows_the_corrections_of_a_person(reading: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    finishing = Finishing(reading)
    finishing.start()
    ended(finishing)
    estimates = reading.storage.estimates
    before = dict(estimates.load())
    session = ClientSession(reading)
    send(session, "open", name="blob0.png")
    facts_of(session)
    assert estimates.load() == before  # looking is no correction
    send(session, "stroke", pen="remove", width=30, points=[[32, 20]], end=True)
    facts_of(session)
    worse = estimates.of("blob0.png")
    assert worse is not None
    assert worse < (before["blob0.png"] or 0) - 0.1
    assert {"estimate": {"name": "blob0.png", "value": pytest.approx(worse, abs=1e-4)}} in session.notes
    drawing = Drawing(reading.images.load("blob0.png"), reading.segmenter, edits_of(reading, "blob0.png"))
    assert worse == pytest.approx(reading.agents.current.assistant.estimate_iou(drawing), abs=1e-4)
    send(session, "add_object")
    send(session, "stroke", pen="inside", width=1, points=[[2, 60]], end=True)
    facts_of(session)
    assert estimates.of("blob0.png") == 0  # of the worst object
    send(session, "undo")
    send(session, "undo")
    monkeypatch.setattr(display, "_SETTLING", 0.0)  # a slow machine
    send(session, "open", name="blob1.png")  # at once, without a frame
    assert estimates.of("blob0.png") == pytest.approx(before["blob0.png"], abs=1e-4)
    send(session, "clear")
    facts_of(session)
    assert Storage(reading.storage.folder).estimates.of("blob1.png") is None
    assert {name: estimates.of(name) for name in ("blob2.png", "blob3.png")} == {
        name: before[name] for name in ("blob2.png", "blob3.png")
    }


def test_no_estimate_is_made_while_a_stroke_is_drawn(tmp_path: Path) -> None:
    reader = Reader(cropped_mask())
    app_state = make_app_state(tmp_path, assistant=make_assistant(reader, GAME))
    app_state.agents.current = replace(app_state.agents.current, segmenter=PriorCutSegmenter(reader.estimate_object))
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]])
    for x in range(33, 40):
        send(session, "extend", points=[[x, 32]], end=x == 39)
        assert facts_of(session)["estimated_iou"] is None
    assert not reader.counts
    shown = facts_of(session)["estimated_iou"]
    assert 0 < shown <= 1
    assert len(reader.counts) == 1
    facts_of(session)
    assert len(reader.counts) == 1  # nothing has changed
    send(session, "stroke", pen="inside", width=3, points=[[32, 36]])
    assert facts_of(session)["estimated_iou"] == shown
    assert len(reader.counts) == 1


def test_an_image_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=3)
    (tmp_path / "data" / "images" / "blob1.png").write_bytes(b"no image")
    finishing = Finishing(app_state)
    finishing.start()
    state = ended(finishing)
    assert [each["name"] for each in state["finished"]] == ["blob0.png", "blob2.png"]
    assert (state["done"], state["problems"]) == (3, 1)
    assert "blob1.png" in state["problem"]


def test_the_server_starts_reports_and_lists_estimates(reading: AppState) -> None:
    def progress(since: str = "0") -> dict[str, Any]:
        state: dict[str, Any] = json.loads(served.get(f"/finishing?since={since}")[1])
        return state

    with serve(reading) as served:
        assert (progress()["running"], progress()["total"]) == (False, 0)
        assert served.post("/finishing?do=start")[0] == 204
        wait_for_end(served)
        assert len(progress()["finished"]) == len(progress("x" * 20)["finished"]) == 4
        assert progress("3")["finished"] == progress()["finished"][3:]
        about = json.loads(served.get("/about")[1])
        shown = {image["name"]: image["estimate"] for image in about["images"]}
        assert shown["blob0.png"] == reading.storage.estimates.of("blob0.png") is not None
        assert served.post("/finishing?do=start")[0] == 400
        assert served.post("/finishing?do=stop")[0] == 204


def wait_for_end(served: Served) -> None:
    end = time.monotonic() + 60
    while json.loads(served.get("/finishing")[1])["running"]:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("damage", [b"{", b'{"a.png": 3}', b'["a.png"]', b'{"a.png": "good"}'])
def test_a_damaged_file_of_estimates_is_set_aside(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "estimates.json").write_bytes(damage)
    storage = Storage(tmp_path)
    assert storage.estimates.of("a.png") is None
    assert "estimates.json" in storage.damage[0]
    assert (tmp_path / "estimates.json.damaged").read_bytes() == damage
    storage.estimates.set("a.png", 0.87654321)
    assert json.loads((tmp_path / "estimates.json").read_text()) == {"a.png": 0.8765}
