"""The choice of the agent: what each is for, and that strokes and history stay when another one assists."""

import json
from pathlib import Path

import numpy as np
import pytest
from page_frames import decode_frame
from page_server import make_app_state, serve
from reader import Reader, cropped_mask
from test_page_suggestion import GAME, edits_of, facts_of, opened, send, suggest

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters import make_segmenter
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.agents import Agent, Agents
from cutout_rl.web.app_state import AppState
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.reading_assistant import make_assistant


def agents_of(runs: dict[str, RunFolder] | None = None) -> Agents:
    """Return agents, of which the first moves at random, and the second reads strokes and guides the cut."""
    reader = Reader(cropped_mask())
    plain = Agent("pens", Assistant(RandomPens(), GAME), make_segmenter("graphcut"))
    guided = PriorCutSegmenter(reader.estimate_object)
    reading = Agent("reader", make_assistant(reader, GAME), guided)
    return Agents(plain, {"reader": RunFolder(Path("unused")), **(runs or {})}, lambda name: {"reader": reading}[name])


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    state = make_app_state(tmp_path, images=1)
    agents = agents_of()
    # The run of the reader does not exist; only its description is read from there.
    agents.listed = [{"name": name, "purpose": "", "about": "", "problem": ""} for name in ("pens", "reader")]
    return AppState(state.images, state.storage, agents, state.match_factory, state.trainer)


def test_strokes_and_history_stay_when_another_agent_assists(app_state: AppState) -> None:
    session = opened(app_state)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    send(session, "fill_background")
    send(session, "undo")
    assert (facts_of(session)["agent"], facts_of(session)["estimated_iou"]) == ("pens", None)
    assert not session.is_stale
    app_state.agents.choose("reader")
    assert session.is_stale
    session.refresh()
    for _ in range(2):  # the first frame after a stroke may be a draft
        facts = facts_of(session)
    assert (facts["agent"], facts["strokes"], facts["undo"], facts["redo"]) == ("reader", 1, True, True)
    assert facts["estimated_iou"] > 0.9
    send(session, "undo")
    assert facts_of(session)["strokes"] == 0
    send(session, "redo")
    send(session, "redo")
    assert facts_of(session)["strokes"] == 2
    app_state.agents.choose("pens")
    session.refresh()
    assert facts_of(session)["estimated_iou"] is None


def test_the_mask_is_that_of_an_image_opened_with_the_new_agent(app_state: AppState) -> None:
    session = opened(app_state)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    before = decode_frame(session.frame() or b"")[1]
    app_state.agents.choose("reader")
    session.refresh()
    masks = [decode_frame(each.frame() or b"")[1] for each in (session, opened(app_state))]
    assert np.array_equal(*masks)
    assert not np.array_equal(masks[0], before)


def test_a_stroke_in_hand_is_finished_by_the_agent_it_was_begun_with(app_state: AppState) -> None:
    session = opened(app_state)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]])
    app_state.agents.choose("reader")
    session.refresh()
    assert facts_of(session)["agent"] == "pens"
    send(session, "extend", points=[[36, 32]], end=True)
    session.refresh()
    assert facts_of(session)["agent"] == "reader"
    assert len(edits_of(app_state)) == 1


def test_strokes_of_all_agents_are_removed(app_state: AppState) -> None:
    session = opened(app_state)
    send(session, "assist", steps=2)
    session.assist()
    session.assist()
    app_state.agents.choose("reader")
    session.refresh()
    assert facts_of(session)["by_agent"] == 2
    send(session, "remove_agent_strokes")
    assert facts_of(session)["strokes"] == 0


def test_another_agent_discards_a_suggestion(app_state: AppState) -> None:
    session = opened(app_state)
    assert suggest(session)["suggestion"] is not None
    app_state.agents.choose("reader")
    session.refresh()
    assert facts_of(session)["suggestion"] is None


def test_each_pretrained_agent_says_what_it_is_for(tmp_path: Path) -> None:
    with serve(make_app_state(tmp_path, images=1)) as served:
        about = json.loads(served.get("/about")[1])
        listed = {each["name"]: each for each in about["agents"]}
        assert about["agent"] == next(iter(listed)) == "random pens"
        assert (listed["any-object"]["purpose"], listed["bc-faces"]["purpose"]) == ("any object", "faces")
        assert "at most 60 moves" in listed["bc-faces-8x60"]["about"]
        assert {each["problem"] for each in listed.values()} == {""}
        status, answer = served.post("/agent?name=anybody")
        assert (status, answer.count(b"\n")) == (400, 1)
        assert b"There is no agent 'anybody'" in answer
        assert served.app_state.agents.current.name == "random pens"


def test_an_agent_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    record = {"command": "", "started": "", "config": {"algo": "telepathy"}, "versions": {}, "machine": ""}
    (tmp_path / "odd" / "run.json").write_text(json.dumps(record))
    agents = agents_of({"odd": RunFolder(tmp_path / "odd")})
    described = {each["name"]: each for each in agents.listed}
    assert "telepathy" in described["odd"]["problem"]
    with pytest.raises(CutOutError, match="telepathy"):
        agents.choose("odd")
    assert agents.current.name == "pens"
