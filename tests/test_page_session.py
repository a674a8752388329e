"""A client's session: drawing, the agent, the recorded game, and invalid messages."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TINY_GAME, TINY_PRIOR, Run
from hypothesis import given, settings
from hypothesis import strategies as st
from page_frames import decode_frame
from page_server import SIZE, make_app_state, send

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.demonstration_dataset import DemonstrationDataset
from cutout_rl.agents.networks.egocentric_crops import egocentric_crops
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.game.factory import GameFactory
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import MAX_POINTS, Stroke
from cutout_rl.web.messages import decode_message
from cutout_rl.web.session import ClientSession


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> AppState:
    return make_app_state(tmp_path_factory.mktemp("work"))


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path)


def facts_of(session: ClientSession) -> dict[str, Any]:
    frame = session.frame()
    assert frame is not None
    return decode_frame(frame)[0]


def draw(session: ClientSession, pen: str, *points: tuple[float, float], end: bool = True) -> None:
    send(session, "stroke", pen=pen, width=3, points=points, end=end)


def test_strokes_are_kept_when_the_pen_is_lifted_and_open_again_as_they_were(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    draw(session, "inside", (30, 32), (36, 32))
    draw(session, "outside", (2, 2), end=False)
    assert len(app_state.storage.load("blob0.png", (SIZE, SIZE)).edits) == 1
    send(session, "extend", points=[(60, 2)], end=True)
    kept = app_state.storage.load("blob0.png", (SIZE, SIZE)).edits
    assert kept[1] == Stroke("outside", 3, ((2, 2), (60, 2)))
    other = ClientSession(app_state)
    send(other, "open", name="blob0.png")
    _, mask, labels = decode_frame(session.frame() or b"")
    _, again, labels_again = decode_frame(other.frame() or b"")
    assert np.array_equal(mask, again)
    assert np.array_equal(labels, labels_again)
    assert facts_of(session)["iou"] > 0.8


def test_a_stroke_in_hand_is_kept_when_its_client_goes(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    draw(session, "inside", (30, 32), end=False)
    session.close()
    assert len(app_state.storage.load("blob0.png", (SIZE, SIZE)).edits) == 1


def test_a_stroke_that_becomes_too_long_is_kept_as_far_as_it_goes(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    draw(session, "inside", (30, 32), end=False)
    send(session, "extend", points=[(31, 32)] * (MAX_POINTS - 1))
    send(session, "extend", points=[(32, 32)], end=True)
    assert "lift the pen" in session.notes[-1]["error"]
    (kept,) = app_state.storage.load("blob0.png", (SIZE, SIZE)).edits
    assert isinstance(kept, Stroke)
    assert len(kept.points) == MAX_POINTS
    draw(session, "outside", (2, 2))
    assert len(app_state.storage.load("blob0.png", (SIZE, SIZE)).edits) == 2


def test_the_agent_starts_both_pens_then_continues_the_users_strokes(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob1.png")
    send(session, "assist", steps=3)
    for _ in range(3):
        assert session.assisting
        session.assist()
    assert not session.assisting
    edits = app_state.storage.load("blob1.png", (SIZE, SIZE)).edits
    assert [(edit.pen, len(edit.points)) for edit in edits if isinstance(edit, Stroke)][:2] == [
        ("inside", 1),
        ("outside", 1),
    ]
    assert facts_of(session)["by_agent"] == 3
    draw(session, "inside", (40, 20))
    draw(session, "outside", (8, 50))
    drawing = Drawing(
        app_state.images.load("blob1.png"), app_state.segmenter, app_state.storage.load("blob1.png", (SIZE, SIZE)).edits
    )
    stroke = app_state.agents.current.assistant.next_stroke(drawing)
    assert stroke is not None
    head = {"inside": (40, 20), "outside": (8, 50)}[stroke.pen]
    assert np.abs(np.subtract(stroke.points[0], head)).max() <= 2  # a pixel of the game is two of the image
    send(session, "remove_agent_strokes")
    assert facts_of(session)["by_agent"] == 0
    assert facts_of(session)["strokes"] == 2


def test_the_agent_stops_when_a_person_draws_and_when_its_moves_are_spent(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob2.png")
    send(session, "assist", steps=1000)
    session.assist()
    draw(session, "inside", (30, 32))
    assert not session.assisting
    send(session, "assist", steps=1000)
    while session.assisting:
        session.assist()
    assert 5 <= facts_of(session)["by_agent"] <= 7
    assert any("all its moves" in note.get("note", "") for note in session.notes)


def test_a_game_is_scored_beside_the_rivals_and_can_be_cloned(app_state: AppState) -> None:
    for game in range(2):
        session = ClientSession(app_state)
        send(session, "play")
        start = facts_of(session)["iou"]
        for action in (2, 10, 4, 12, 16) if game else (0, 8, 1, 9, 2):
            send(session, "move", action=action, name=" Ada ")
        facts = facts_of(session)
        assert facts["done"]
        row = session.notes[-1]["scores"][-1]
        assert (row["name"], row["moves"]) == ("Ada", 4 if game else 5)
        assert row["iou"] == facts["iou"]
        assert row["rivals"] == {"still pens": pytest.approx(start)}
        send(session, "move", action=0)
        assert "over" in session.notes[-1]["error"]
    assert [row["name"] for row in app_state.storage.scores()] == ["Ada", "Ada"]
    folder = app_state.storage.folder / "demonstrations" / "1"
    demonstrations = load(folder)
    assert [demonstrations.moves(episode) for episode in range(2)] == [[0, 8, 1, 9, 2], [2, 10, 4, 12]]
    assert app_state.match_factory is not None
    factory = GameFactory(app_state.match_factory.game_config)
    for episode in range(2):
        replayed = [game.iou for game in demonstrations.replay(episode, factory)]
        assert replayed == demonstrations.iou[episode, : len(replayed)].tolist()
    config = BCConfig(
        image_size=32, observation_size=32, step_len=6, step_count=5, demonstrations=str(folder), n_envs=2
    )
    assert len(DemonstrationDataset(config, egocentric_crops, seed=0).next_batch(0).inputs) == 9


def test_an_agent_is_cloned_from_games_that_were_played_on_the_page(
    run: Run, app_state: AppState, tmp_path: Path
) -> None:
    for moves in ((2, 10, 4, 12, 6), (0, 8, 16)):
        session = ClientSession(app_state)
        send(session, "play")
        for action in moves:
            send(session, "move", action=action)
    folder = app_state.storage.folder / "demonstrations" / "1"
    few = ("--total-timesteps", 20, "--eval-images", 2, "--test-images", 2, "--n-envs", 2)
    cloning = ("--algo", "bc", "--demonstrations", folder, *TINY_GAME, *TINY_PRIOR, *few)
    outcome = run("train", *cloning, "--out", tmp_path / "clone")
    assert outcome.status == 0, outcome
    outcome = run("evaluate", tmp_path / "clone", "--images", 2)
    assert outcome.status == 0, outcome
    assert "bc, greedy" in outcome.out


def test_strokes_of_before_are_picked_turned_and_removed(app_state: AppState) -> None:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    draw(session, "inside", (10, 10), (30, 10))
    draw(session, "outside", (20, 5), (20, 15))
    send(session, "fill_background")
    send(session, "select", at=[20, 10])
    assert facts_of(session)["selected"]["number"] == 2  # the topmost of two
    send(session, "select", at=[12, 11])
    send(session, "edit_selected", change="flip")
    selected = facts_of(session)["selected"]
    assert (selected["number"], selected["pen"], selected["points"]) == (1, "outside", [[10, 10], [30, 10]])
    send(session, "select", step=-1)
    assert facts_of(session)["selected"] == {"rest": "outside", "number": 3}
    send(session, "edit_selected", change="flip")
    assert "another side" in session.notes[-1]["error"]
    send(session, "edit_selected", change="remove")
    assert (facts_of(session)["selected"], facts_of(session)["strokes"]) == (None, 2)
    send(session, "edit_selected", change="remove")
    assert "No stroke is selected" in session.notes[-1]["error"]
    send(session, "select", at=[60, 60])
    assert facts_of(session)["selected"] is None
    send(session, "undo")
    send(session, "undo")
    assert [getattr(edit, "pen", "rest") for edit in app_state.storage.load("blob0.png", (SIZE, SIZE)).edits] == [
        *("inside", "outside", "rest")
    ]


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner))
sensible = {
    "do": st.sampled_from(
        (
            *(
                "open",
                "stroke",
                "box",
                "undo",
                "redo",
                "clear",
                "remove_agent_strokes",
                "assist",
                "play",
                "move",
                "seen",
                "keep",
            ),
            *("rest", "pick", "amend", "start_cut", "suggest", "end_suggestion"),
        )
    ),
    "name": st.sampled_from(("blob0.png", "blob1.png", "../x")),
    "pen": st.sampled_from(("inside", "outside", "erase")),
    "width": st.floats(0.1, 20),
    "points": st.lists(st.lists(st.floats(-10, 80), min_size=2, max_size=2), max_size=4),
    "box": st.one_of(st.none(), st.lists(st.integers(-5, 70), min_size=4, max_size=4)),
    "steps": st.integers(-1, 3),
    "step": st.integers(-2, 2),
    "at": st.lists(st.floats(-10, 80), min_size=2, max_size=2),
    "change": st.sampled_from(("remove", "flip")),
    "action": st.integers(-1, 17),
    "end": st.booleans(),
    "accept": st.booleans(),
    "id": st.integers(),
}
messages = st.fixed_dictionaries({}, optional={key: st.one_of(value, values) for key, value in sensible.items()})


@settings(max_examples=60)
@given(st.lists(messages, max_size=12))
def test_no_message_breaks_a_clients_work(shared: AppState, sent: list[dict[str, Any]]) -> None:
    session = ClientSession(shared)
    send(session, "open", name="blob3.png")
    for message in sent:
        with suppress(CutOutError):
            session.handle(decode_message(json.dumps(message)))
        if session.assisting:
            session.assist()
        assert session.frame() is not None
    assert all("Traceback" not in note.get("error", "") for note in session.notes)
    session.close()
