"""What a client does: drawing, the agent's help, and the game, which is recorded; nonsense is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TINY_GAME, TINY_MAP, Run
from hypothesis import settings, given
from hypothesis import strategies as st
from page_server import SIZE, make_app_state

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.demonstration_data import Recorded
from cutout_rl.agents.networks.egocentric_crops import egocentric_crops
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.game.factory import GameFactory
from cutout_rl.web.app_state import Desk
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.frame import decode_frame
from cutout_rl.web.session import Work


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_app_state(tmp_path_factory.mktemp("work"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_app_state(tmp_path)


def facts_of(work: Work) -> dict[str, Any]:
    frame = work.frame()
    assert frame is not None
    return decode_frame(frame)[0]


def draw(work: Work, pen: str, *points: tuple[float, float], **more: Any) -> None:
    work.apply({"do": "stroke", "pen": pen, "width": 3, "points": [list(p) for p in points], "end": True, **more})


def test_strokes_are_kept_when_the_pen_is_lifted_and_open_again_as_they_were(desk: Desk) -> None:
    work = Work(desk)
    work.apply({"do": "open", "name": "blob0.png"})
    draw(work, "inside", (30, 32), (36, 32))
    draw(work, "outside", (2, 2), end=False)
    assert len(desk.keeping.load_acts("blob0.png", (SIZE, SIZE))) == 1
    draw(work, "outside", (60, 2), more=True)
    kept = desk.keeping.load_acts("blob0.png", (SIZE, SIZE))
    assert kept[1] == Stroke("outside", 3, ((2, 2), (60, 2)))
    other = Work(desk)
    other.apply({"do": "open", "name": "blob0.png"})
    _, mask, labels = decode_frame(work.frame() or b"")
    _, again, labels_again = decode_frame(other.frame() or b"")
    assert np.array_equal(mask, again)
    assert np.array_equal(labels, labels_again)
    assert facts_of(work)["iou"] > 0.8


def test_a_stroke_in_hand_is_kept_when_its_client_goes(desk: Desk) -> None:
    work = Work(desk)
    work.apply({"do": "open", "name": "blob0.png"})
    draw(work, "inside", (30, 32), end=False)
    work.leave()
    assert len(desk.keeping.load_acts("blob0.png", (SIZE, SIZE))) == 1


def test_the_agent_starts_both_pens_then_goes_on_from_the_persons_strokes(desk: Desk) -> None:
    work = Work(desk)
    work.apply({"do": "open", "name": "blob1.png"})
    work.apply({"do": "assist", "steps": 3})
    for _ in range(3):
        assert work.assisting
        work.assist()
    assert not work.assisting
    acts = desk.keeping.load_acts("blob1.png", (SIZE, SIZE))
    assert [(act.pen, len(act.points)) for act in acts if isinstance(act, Stroke)][:2] == [
        ("inside", 1),
        ("outside", 1),
    ]
    assert facts_of(work)["by_agent"] == 3
    draw(work, "inside", (40, 20))
    draw(work, "outside", (8, 50))
    drawing = Drawing(desk.album.image("blob1.png"), desk.segmenter, desk.keeping.load_acts("blob1.png", (SIZE, SIZE)))
    stroke = desk.assistant.next_stroke(drawing)
    assert stroke is not None
    head = {"inside": (40, 20), "outside": (8, 50)}[stroke.pen]
    assert np.abs(np.subtract(stroke.points[0], head)).max() <= 2  # a pixel of the game is two of the image
    work.apply({"do": "take_back"})
    assert facts_of(work)["by_agent"] == 0
    assert facts_of(work)["strokes"] == 2


def test_the_agent_stops_when_a_person_draws_and_when_its_moves_are_spent(desk: Desk) -> None:
    work = Work(desk)
    work.apply({"do": "open", "name": "blob2.png"})
    work.apply({"do": "assist", "steps": 1000})
    work.assist()
    draw(work, "inside", (30, 32))
    assert not work.assisting
    work.apply({"do": "assist", "steps": 1000})
    while work.assisting:
        work.assist()
    assert 5 <= facts_of(work)["by_agent"] <= 7
    assert any("all its moves" in note.get("note", "") for note in work.notes)


def test_a_game_is_scored_beside_the_rivals_and_can_be_cloned(desk: Desk) -> None:
    for game in range(2):
        work = Work(desk)
        work.apply({"do": "play"})
        start = facts_of(work)["iou"]
        for action in (2, 10, 4, 12, 16) if game else (0, 8, 1, 9, 2):
            work.apply({"do": "move", "action": action, "name": " Ada "})
        facts = facts_of(work)
        assert facts["done"]
        row = work.notes[-1]["scores"][-1]
        assert (row["name"], row["moves"]) == ("Ada", 4 if game else 5)
        assert row["iou"] == facts["iou"]
        assert row["rivals"] == {"still pens": pytest.approx(start)}
        work.apply({"do": "move", "action": 0})
        assert "over" in work.notes[-1]["error"]
    assert [row["name"] for row in desk.keeping.scores()] == ["Ada", "Ada"]
    folder = desk.keeping.folder / "demonstrations" / "1"
    demonstrations = load(folder)
    assert [demonstrations.moves(episode) for episode in range(2)] == [[0, 8, 1, 9, 2], [2, 10, 4, 12]]
    assert desk.arena is not None
    factory = GameFactory(desk.arena.game_config)
    for episode in range(2):
        replayed = [game.iou for game in demonstrations.replay(episode, factory)]
        assert replayed == demonstrations.iou[episode, : len(replayed)].tolist()
    config = BCConfig(
        image_size=32, observation_size=32, step_len=6, step_count=5, demonstrations=str(folder), n_envs=2
    )
    assert len(Recorded(config, egocentric_crops, seed=0).next_steps(0).views) == 9


def test_an_agent_is_cloned_from_games_that_were_played_on_the_page(run: Run, desk: Desk, tmp_path: Path) -> None:
    for moves in ((2, 10, 4, 12, 6), (0, 8, 16)):
        work = Work(desk)
        work.apply({"do": "play"})
        for action in moves:
            work.apply({"do": "move", "action": action})
    folder = desk.keeping.folder / "demonstrations" / "1"
    few = ("--total-timesteps", 20, "--eval-images", 2, "--test-images", 2, "--n-envs", 2)
    cloning = ("--algo", "bc", "--demonstrations", folder, *TINY_GAME, *TINY_MAP, *few)
    outcome = run("train", *cloning, "--out", tmp_path / "clone")
    assert outcome.status == 0, outcome
    outcome = run("evaluate", tmp_path / "clone", "--images", 2)
    assert outcome.status == 0, outcome
    assert "bc, greedy" in outcome.out


def test_strokes_of_before_are_picked_turned_and_removed(desk: Desk) -> None:
    work = Work(desk)
    work.apply({"do": "open", "name": "blob0.png"})
    draw(work, "inside", (10, 10), (30, 10))
    draw(work, "outside", (20, 5), (20, 15))
    work.apply({"do": "rest"})
    work.apply({"do": "pick", "at": [20, 10]})
    assert facts_of(work)["picked"]["number"] == 2  # the topmost of two
    work.apply({"do": "pick", "at": [12, 11]})
    work.apply({"do": "amend", "change": "turn"})
    picked = facts_of(work)["picked"]
    assert (picked["number"], picked["pen"], picked["points"]) == (1, "outside", [[10, 10], [30, 10]])
    work.apply({"do": "pick", "step": -1})
    assert facts_of(work)["picked"] == {"rest": "outside", "number": 3}
    work.apply({"do": "amend", "change": "turn"})
    assert "another side" in work.notes[-1]["error"]
    work.apply({"do": "amend", "change": "remove"})
    assert (facts_of(work)["picked"], facts_of(work)["strokes"]) == (None, 2)
    work.apply({"do": "amend", "change": "remove"})
    assert "Pick a stroke first" in work.notes[-1]["error"]
    work.apply({"do": "pick", "at": [60, 60]})
    assert facts_of(work)["picked"] is None
    work.apply({"do": "undo"})
    work.apply({"do": "undo"})
    assert [getattr(act, "pen", "rest") for act in desk.keeping.load_acts("blob0.png", (SIZE, SIZE))] == [
        *("inside", "outside", "rest")
    ]


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner))
sensible = {
    "do": st.sampled_from(
        (
            *("open", "stroke", "box", "undo", "redo", "clear", "take_back", "assist", "play", "move", "seen", "keep"),
            *("rest", "pick", "amend", "start_cut"),
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
    "change": st.sampled_from(("remove", "turn")),
    "action": st.integers(-1, 17),
    "more": st.booleans(),
    "end": st.booleans(),
    "id": st.integers(),
}
messages = st.fixed_dictionaries({}, optional={key: st.one_of(value, values) for key, value in sensible.items()})


@settings(max_examples=60)
@given(st.lists(messages, max_size=12))
def test_no_message_breaks_a_clients_work(shared: Desk, sent: list[dict[str, Any]]) -> None:
    work = Work(shared)
    work.apply({"do": "open", "name": "blob3.png"})
    for message in sent:
        work.apply(message)
        if work.assisting:
            work.assist()
        assert work.frame() is not None
    assert all("Traceback" not in note.get("error", "") for note in work.notes)
    work.leave()
