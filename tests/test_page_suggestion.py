"""What the agent suggests: planned on a copy, then accepted, refused, or discarded by the next stroke."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_frames import decode_frame
from page_server import SIZE, make_app_state, send
from reader import Reader, cropped_mask
from scenes import blob_sample

from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.app_state import AppState
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Edit, Stroke
from cutout_rl.web.reading_assistant import make_assistant
from cutout_rl.web.session import ClientSession
from cutout_rl.web.suggestion import Suggestion

GAME = GameConfig(image_size=SIZE, step_len=8, step_count=12)
DOT = Stroke("inside", 3, ((32.0, 32.0),))


def facts_of(session: ClientSession) -> dict[str, Any]:
    frame = session.frame()
    assert frame is not None
    return decode_frame(frame)[0]


def suggest(session: ClientSession) -> dict[str, Any]:
    """Ask for a suggestion, and return the facts of the frame that shows it."""
    send(session, "suggest")
    while session.assisting:
        assert facts_of(session)["suggestion"] is None
        session.assist()
    return facts_of(session)


def opened(app_state: AppState) -> ClientSession:
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    return session


def edits_of(app_state: AppState) -> list[Edit]:
    return app_state.storage.load("blob0.png", (SIZE, SIZE)).edits


@pytest.fixture
def reading(tmp_path: Path) -> AppState:
    """The page with an agent that takes blob0.png, without its leftmost 3 columns, for the object."""
    return make_app_state(tmp_path, images=1, assistant=make_assistant(Reader(cropped_mask()), GAME))


def test_what_is_suggested_is_what_finish_would_draw(reading: AppState) -> None:
    session = opened(reading)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    facts = suggest(session)
    shown = facts["suggestion"]
    assert edits_of(reading) == [DOT]
    assert facts["strokes"] == 1
    assert shown["expected"] >= shown["now"] + 0.02
    send(session, "end_suggestion", accept=True)
    frame = session.frame()
    assert frame is not None
    facts, mask, _ = decode_frame(frame)
    assert facts["suggestion"] is None
    runs = np.array(shown["mask"])
    assert np.array_equal(np.repeat(runs & 255, runs >> 8).reshape(SIZE, SIZE) > 0, mask)
    accepted = edits_of(reading)
    assert [edit.points for edit in accepted[1:] if isinstance(edit, Stroke)] == [
        tuple(map(tuple, stroke["points"])) for stroke in shown["strokes"]
    ]
    send(session, "undo")
    assert edits_of(reading) == [DOT]
    send(session, "assist", steps=1000)
    while session.assisting:
        session.assist()
    assert edits_of(reading) == accepted


def test_a_refused_suggestion_leaves_nothing(reading: AppState) -> None:
    session = opened(reading)
    assert suggest(session)["suggestion"]["now"] is None  # there is no scribble
    send(session, "end_suggestion", accept=False)
    assert facts_of(session)["suggestion"] is None
    send(session, "end_suggestion", accept=True)
    assert (edits_of(reading), facts_of(session)["undo"]) == ([], False)


@pytest.mark.parametrize(
    "message",
    [
        {"do": "stroke", "pen": "outside", "width": 3, "points": [[2, 2]], "end": True},
        {"do": "fill_background"},
        {"do": "undo"},
        {"do": "select_object", "object": 1},
        {"do": "assist", "steps": 0},
    ],
)
def test_any_edit_discards_a_suggestion(reading: AppState, message: dict[str, Any]) -> None:
    session = opened(reading)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    assert suggest(session)["suggestion"] is not None
    send(session, **message)
    assert facts_of(session)["suggestion"] is None


def test_planning_stops_when_a_person_draws(tmp_path: Path) -> None:
    session = opened(make_app_state(tmp_path))
    send(session, "suggest")
    session.assist()
    assert facts_of(session)["planning"]
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    assert not session.assisting
    assert (facts_of(session)["planning"], facts_of(session)["suggestion"]) == (False, None)


def test_strokes_of_another_window_stay_when_a_suggestion_is_accepted(reading: AppState) -> None:
    session, other = opened(reading), opened(reading)
    count = len(suggest(session)["suggestion"]["strokes"])
    send(other, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    send(session, "end_suggestion", accept=True)
    assert edits_of(reading)[0] == DOT
    assert len(edits_of(reading)) == 1 + count


def test_a_suggestion_for_an_object_that_another_window_removed_is_not_drawn(reading: AppState) -> None:
    session = opened(reading)
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    send(session, "add_object")
    send(session, "stroke", pen="inside", width=3, points=[[32, 32]], end=True)
    assert suggest(session)["suggestion"] is not None
    other = opened(reading)
    send(other, "remove_object", object=2)
    send(session, "end_suggestion", accept=True)
    assert "removed elsewhere" in session.notes[-1]["error"]
    assert edits_of(reading) == [DOT]


def test_an_agent_that_expects_nothing_says_so(reading: AppState) -> None:
    session = opened(reading)
    suggest(session)
    send(session, "end_suggestion", accept=True)
    assert suggest(session)["suggestion"] is None
    assert session.notes[-1] == {"note": "The agent expects no stroke of its own to help."}


def test_an_agent_without_an_estimate_plans_all_its_moves(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path)
    session = opened(app_state)
    shown = suggest(session)["suggestion"]
    assert (shown["now"], shown["expected"]) == (None, None)
    assert 5 <= len(shown["strokes"]) <= 7
    send(session, "end_suggestion", accept=True)
    assert len(edits_of(app_state)) == len(shown["strokes"])
    assert suggest(session)["suggestion"] is None
    assert session.notes[-1] == {"note": "The agent has made all its moves."}


class Wrecker(Assistant):
    """Marks the whole image as background, and knows that this is bad."""

    def __init__(self) -> None:
        super().__init__(_Still(), GAME)

    def next_stroke(self, drawing: Drawing) -> Stroke | None:
        if len(drawing.edits) > 3:
            return None
        return Stroke("outside", 9, ((2.0, 20.0 * len(drawing.edits)), (60.0, 20.0 * len(drawing.edits))), self.label)

    def estimate_iou(self, drawing: Drawing) -> float | None:
        return float(drawing.mask().mean())


class _Still:
    label = "still"
    sees_truth = False

    def act(self, observations: object, games: list[Game]) -> Any:
        raise AssertionError("it is never asked")


def test_a_turn_that_lowers_the_agents_own_estimate_is_dropped() -> None:
    sample = blob_sample(SIZE, 1)
    drawing = Drawing(sample.image, make_segmenter("graphcut"), [DOT])
    suggestion = Suggestion(Wrecker(), drawing)
    while not suggestion.is_planned:
        suggestion.plan()
    assert suggestion.strokes == []
    assert suggestion.expected == suggestion.now
    assert np.array_equal(suggestion.drawing.mask(), drawing.mask())
    assert drawing.edits == [DOT]
