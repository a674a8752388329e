"""Strokes that cannot be saved stay in memory and are reported; two clients of one image share its strokes."""

import json
from pathlib import Path
from typing import Any

import pytest
from page_frames import decode_frame
from page_server import SIZE, make_app_state, open_session, send

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import autosave
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edit_json import to_json
from cutout_rl.web.edits import Edit, PolygonEdit, Stroke
from cutout_rl.web.kept_edits import save_kept_edits
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.session import ClientSession
from cutout_rl.web.storage import Storage

NAME = "blob0.png"


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, images=1)


def draw(session: ClientSession, x: int, **more: Any) -> None:
    send(session, "stroke", pen="inside", width=3, points=[(x, 32)], **{"end": True, **more})


def facts_of(session: ClientSession) -> dict[str, Any]:
    frame = session.frame()
    assert frame is not None
    return decode_frame(frame)[0]


def columns(edits: list[Edit]) -> list[float]:
    return [edit.points[0][0] for edit in edits if isinstance(edit, Stroke)]


def stored(app_state: AppState) -> list[float]:
    return columns(app_state.storage.load(NAME, (SIZE, SIZE)).edits)


def test_strokes_outlive_a_full_disk(app_state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "strokes/blob0.png.json")

    monkeypatch.setattr(autosave, "_RETRY_AFTER", 0.0)
    session = open_session(app_state)
    draw(session, 10)
    with monkeypatch.context() as full:
        full.setattr(Storage, "append", fail)
        full.setattr(Storage, "save", fail)
        draw(session, 20)
        draw(session, 30)
        send(session, "undo")
        draw(session, 40)
        facts = facts_of(session)
        assert facts["strokes"] == 3
        assert "strokes/blob0.png.json: No space left on device" in facts["unsaved"]
        session.refresh()
        assert facts_of(session)["unsaved"]
    assert stored(app_state) == [10]
    assert session.is_stale  # the server tries again without a message of the client
    session.refresh()
    assert facts_of(session)["unsaved"] == ""
    assert stored(app_state) == [10, 20, 40]


def test_two_clients_of_an_image_share_its_strokes(app_state: AppState) -> None:
    one, other = open_session(app_state), open_session(app_state)
    draw(one, 10)
    draw(other, 20)
    draw(one, 30)
    assert stored(app_state) == [10, 20, 30]
    assert other.is_stale
    other.refresh()
    assert not other.is_stale
    assert facts_of(other)["strokes"] == 3
    assert any("changed elsewhere" in note.get("note", "") for note in other.notes)
    draw(one, 40, end=False)
    send(other, "undo")
    send(one, "extend", points=[(41, 32)], end=True)
    assert stored(app_state) == [10, 20, 40]
    send(other, "clear")
    draw(one, 50)
    assert stored(app_state) == [50]


@pytest.mark.parametrize("change", ["remove", "flip"])
def test_a_selected_stroke_is_not_edited_in_what_another_client_has_changed(app_state: AppState, change: str) -> None:
    one, other = open_session(app_state), open_session(app_state)
    draw(one, 10)
    other.refresh()
    send(other, "select", at=[10, 32])
    assert facts_of(other)["selected"]
    draw(one, 30)
    draw(one, 50)
    send(other, "edit_selected", change=change)
    assert stored(app_state) == [10, 30, 50]
    assert "click one first" in other.notes[-1]["error"]
    send(other, "select", at=[30, 32])
    send(other, "edit_selected", change="remove")
    assert stored(app_state) == [10, 50]


def test_strokes_that_a_browser_kept_are_saved_once(app_state: AppState) -> None:
    session = open_session(app_state)
    draw(session, 10)
    send(session, "stroke", pen="outside", width=3, points=[(1, 1), (1, 9)])
    session.close()
    kept = [
        {"pen": "inside", "width": 3, "points": [[10, 32]]},
        {"pen": "outside", "width": 3, "points": [[1, 1], [1, 9], [1, 20]]},  # the server has its beginning
        {"pen": "inside", "width": 3, "points": [[500, 32]]},
    ]
    for _ in range(2):
        save_kept_edits(app_state, NAME, json.dumps(kept).encode())
    edits = app_state.storage.load(NAME, (SIZE, SIZE)).edits
    assert [edit.points for edit in edits if isinstance(edit, Stroke)] == [
        *[((10, 32),), ((1, 1), (1, 9), (1, 20)), ((SIZE - 1, 32),)],
    ]


def test_kept_strokes_belong_to_their_object(app_state: AppState) -> None:
    kept = [{"object": number, "pen": "inside", "width": 3, "points": [[number, 32]]} for number in (1, 2, 1)]
    save_kept_edits(app_state, NAME, json.dumps(kept).encode())
    record = app_state.storage.load(NAME, (SIZE, SIZE))
    assert [info.number for info in record.objects] == [1, 2]
    assert [owner for owner, _ in record.tagged] == [1, 2]  # the third is the first again
    with pytest.raises(CutOutError, match="no number"):
        save_kept_edits(app_state, NAME, json.dumps([kept[0] | {"object": "2"}]).encode())


def test_kept_changes_of_points_are_saved_once_and_in_order(app_state: AppState) -> None:
    here = ((10.0, 10.0), (40.0, 10.0), (40.0, 40.0))
    there = (*here[:2], (40.0, 50.0))
    away = PolygonEdit((here,), 0, there, 3.0)
    back = PolygonEdit((there,), 0, here, 3.0)
    stroke = Stroke("inside", 3.0, ((20.0, 20.0),))

    def saved(*kept: Edit) -> list[Edit]:
        save_kept_edits(app_state, NAME, json.dumps([{"object": 1, **to_json(edit)} for edit in kept]).encode())
        return app_state.storage.load(NAME, (SIZE, SIZE)).edits

    assert saved(away, stroke) == [away, stroke]
    assert saved(away, stroke, back) == [away, stroke, back]  # the first two had arrived
    assert saved(back, away) == [away, stroke, back, away]  # there again, as before
    assert saved(away, back) == [away, stroke, back, away, back]
    session = open_session(app_state)
    send(session, "outline", edit={"outline": [there], "number": 0, "ring": here, "width": 3})  # sent again already
    assert app_state.storage.load(NAME, (SIZE, SIZE)).edits == [away, stroke, back, away, back]


def test_what_was_undone_while_the_server_was_away_is_removed(app_state: AppState) -> None:
    ring = ((10.0, 10.0), (40.0, 10.0), (40.0, 40.0))
    session = open_session(app_state)
    draw(session, 10)
    send(session, "outline", edit={"outline": [], "number": 0, "ring": ring, "width": 1})
    send(session, "stroke", pen="outside", width=3, points=[(1, 1), (1, 9)])  # it has not ended
    session.close()
    line = Stroke("outside", 3, ((1, 1), (1, 9), (1, 20)))
    never = Stroke("inside", 3, ((30, 30),))
    moved = PolygonEdit((ring,), 0, (*ring[:2], (40.0, 50.0)), 3.0)
    undone = (PolygonEdit((), 0, ring, 1), moved, line, never)
    kept = [
        {"object": number, "undone": True, **to_json(edit)} for number, edit in enumerate(undone, 1) if edit is not line
    ]
    save_kept_edits(app_state, NAME, json.dumps([*kept, {"object": 1, "undone": True, **to_json(line)}]).encode())
    record = app_state.storage.load(NAME, (SIZE, SIZE))
    assert record == ImageRecord.of([Stroke("inside", 3, ((10, 32),))])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[", "invalid"),
        (b"{}", "invalid"),
        (b'[{"box": [1, 1, 40, 40]}]', "Only strokes"),
        (b'[{"pen": "inside", "width": 3, "points": [[1, 1]], "by": "bc"}]', "Only strokes"),
        (b'[{"pen": "inside", "width": 3, "points": []}]', "invalid"),
    ],
)
def test_what_is_no_stroke_is_refused(app_state: AppState, data: bytes, said: str) -> None:
    with pytest.raises(CutOutError, match=said):
        save_kept_edits(app_state, NAME, data)
    assert stored(app_state) == []


def test_damage_is_reported_to_the_client(app_state: AppState) -> None:
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of([]))
    (app_state.storage.folder / "strokes" / f"{NAME}.json").write_text("[")
    session = open_session(app_state)
    assert facts_of(session)["strokes"] == 0
    assert any(f"{NAME}.json.damaged" in note.get("damage", "") for note in session.notes)
