"""Undo and redo of one client across images."""

import json
from pathlib import Path
from typing import Any

import pytest
from page_frames import decode_frame
from page_server import SIZE, make_app_state

from cutout_rl.web.app_state import AppState
from cutout_rl.web.classes import DEFAULT, Classes, ClassInfo
from cutout_rl.web.edits import Stroke
from cutout_rl.web.folder_changes import ClassChange
from cutout_rl.web.messages import decode_message
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.session import ClientSession
from cutout_rl.web.undo_order import UndoOrder


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, images=3)


class Page:
    """A client that follows the server's notes to other images, as the page does."""

    def __init__(self, app_state: AppState) -> None:
        """Open the first image."""
        self.session = ClientSession(app_state)
        self.went: list[str] = []
        self.said: list[str] = []
        self.states: dict[str, str] = {}
        self.open("blob0.png")

    def open(self, name: str) -> None:
        """Open an image."""
        self.send("open", name=name)

    def draw(self, x: int, pen: str = "inside") -> None:
        """Draw a dot."""
        self.send("stroke", pen=pen, width=3, points=[(x, 32)], end=True)

    def send(self, do: str, **fields: Any) -> None:
        """Send a message, and do what the server says."""
        self.session.handle(decode_message(json.dumps({"do": do, **fields})))
        notes, self.session.notes[:] = list(self.session.notes), []
        assert not [note for note in notes if "error" in note]
        for note in notes:
            self.said += [note["note"]] if "note" in note else []
            self.states |= note.get("states", {})
            if back := note.get("back"):
                self.went.append(back["name"])
                self.open(back["name"])
                self.send("redo" if back["redo"] else "undo")

    def facts(self) -> dict[str, Any]:
        """Return the facts of the next frame."""
        frame = self.session.frame()
        assert frame is not None
        return decode_frame(frame)[0]


def columns(app_state: AppState) -> list[list[int]]:
    """Return the columns of the saved strokes of each image."""
    records = (app_state.storage.load(f"blob{number}.png", (SIZE, SIZE)) for number in range(3))
    return [[round(edit.points[0][0]) for edit in record.edits if isinstance(edit, Stroke)] for record in records]


def test_the_changes_of_all_images_are_undone_and_redone_in_order(app_state: AppState) -> None:
    page = Page(app_state)
    states = [columns(app_state)]
    for number, x in ((0, 10), (0, 20), (1, 30), (0, 40), (2, 50)):
        page.open(f"blob{number}.png")
        page.draw(x)
        states.append(columns(app_state))
    page.open("blob1.png")
    for state in reversed(states[:-1]):
        assert page.facts()["undo"]
        page.send("undo")
        assert columns(app_state) == state
    assert page.went == ["blob2.png", "blob0.png", "blob1.png", "blob0.png"]
    assert page.facts()["name"] == "blob0.png"
    assert not page.facts()["undo"]
    page.open("blob2.png")
    for state in states[1:]:
        assert page.facts()["redo"]
        page.send("redo")
        assert columns(app_state) == state
    assert not page.facts()["redo"]
    page.send("undo")
    page.draw(60)
    assert not page.facts()["redo"]  # a new change ends what can be redone
    assert columns(app_state) == [[10, 20, 40], [30], [60]]


LEAF = Classes([*DEFAULT.classes, ClassInfo(2, "leaf", "#00ff00")], overlap=True)


def change_classes(page: Page, app_state: AppState, classes: Classes) -> None:
    """Change the classes as a request of this page does."""
    page.send("did", change=app_state.changes.add(ClassChange.make(app_state.storage.classes, classes)))


def test_changes_of_the_classes_are_undone_in_their_order_in_any_image(app_state: AppState) -> None:
    page, file = Page(app_state), app_state.storage.classes
    page.draw(10)
    change_classes(page, app_state, LEAF)
    page.open("blob1.png")
    page.draw(20)
    page.open("blob2.png")
    page.send("undo")  # in blob1.png, which is shown
    assert (page.went, file.load()) == (["blob1.png"], LEAF)
    page.send("undo")
    assert (file.load(), columns(app_state)) == (DEFAULT, [[10], [], []])
    assert page.facts()["name"] == "blob1.png"
    assert page.said[-1] == "The change of the classes is undone."
    page.send("undo")
    assert columns(app_state) == [[], [], []]
    page.send("redo")
    page.send("redo")
    assert (file.load(), columns(app_state)) == (LEAF, [[10], [], []])
    assert page.said[-1] == "The change of the classes is made again."


def test_classes_that_somebody_has_changed_since_are_kept(app_state: AppState) -> None:
    page, other = Page(app_state), Page(app_state)
    change_classes(page, app_state, LEAF)
    change_classes(other, app_state, Classes(LEAF.classes))
    page.send("undo")
    assert app_state.storage.classes.load() == Classes(LEAF.classes)
    assert "somebody has changed them since" in page.said[-1]
    assert not page.facts()["undo"]


def test_what_is_no_stroke_is_undone_in_another_image_too(app_state: AppState) -> None:
    page = Page(app_state)
    page.draw(10)
    page.draw(20)
    page.send("add_object")
    page.draw(30)
    before = app_state.storage.load("blob0.png", (SIZE, SIZE))
    page.send("clear")
    page.send("change_object", object=1, name="oak")
    page.send("remove_object", object=1)
    page.open("blob1.png")
    page.draw(50)
    assert columns(app_state) == [[], [50], []]
    for _ in range(3):
        page.send("undo")
    assert page.went == ["blob0.png"]
    names = [info.name for info in app_state.storage.load("blob0.png", (SIZE, SIZE)).objects]
    assert "oak" not in names
    page.send("undo")
    assert app_state.storage.load("blob0.png", (SIZE, SIZE)) == before
    for _ in range(3):
        page.send("redo")
    assert columns(app_state) == [[], [], []]
    page.send("redo")
    assert page.went[-1] == "blob1.png"
    assert columns(app_state) == [[], [50], []]


def test_strokes_from_before_are_undone_in_the_open_image(app_state: AppState) -> None:
    strokes = [Stroke("inside", 3, ((x, 32),)) for x in (10, 20)]
    app_state.storage.save("blob1.png", (SIZE, SIZE), ImageRecord.of(strokes))
    page = Page(app_state)
    assert not page.facts()["undo"]
    page.open("blob1.png")
    page.send("undo")
    assert columns(app_state) == [[], [10], []]
    page.open("blob0.png")
    page.draw(30)
    page.open("blob1.png")
    page.send("undo")
    assert page.facts()["name"] == "blob0.png"
    assert columns(app_state) == [[], [10], []]


def test_an_image_that_was_changed_elsewhere_loses_its_latest_stroke(app_state: AppState) -> None:
    page = Page(app_state)
    page.draw(10)
    page.open("blob1.png")
    other = Page(app_state)
    other.draw(20)
    page.send("undo")
    assert columns(app_state) == [[10], [], []]


def test_changes_that_were_undone_elsewhere_are_passed_over(app_state: AppState) -> None:
    page = Page(app_state)
    page.open("blob1.png")
    page.draw(10)
    page.open("blob0.png")
    page.draw(20)
    Page(app_state).send("undo")
    page.send("undo")
    assert page.went == ["blob1.png"]
    assert columns(app_state) == [[], [], []]
    assert not page.facts()["undo"]


def test_images_that_are_gone_are_passed_over(app_state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(app_state)
    page.draw(10)
    for name in ("blob1.png", "blob2.png"):
        page.open(name)
        page.draw(20)
    page.open("blob0.png")
    monkeypatch.setattr(app_state.images, "names", lambda: ["blob0.png"])
    page.send("undo")
    assert page.went == []
    assert columns(app_state) == [[], [20], [20]]


def test_the_agents_strokes_count(app_state: AppState) -> None:
    page = Page(app_state)
    page.send("assist", steps=2)
    while page.session.assisting:
        page.session.assist()
    page.open("blob1.png")
    page.send("undo")
    assert page.went == ["blob0.png"]
    assert len(columns(app_state)[0]) == 1


def test_the_order_is_a_stack() -> None:
    order = UndoOrder()
    order.move(is_redo=False)
    assert order.next_change(is_redo=True) is None
    order.did("a", 2)
    order.did("b", 1)
    order.did("b", 0)
    order.move(is_redo=False)
    assert [order.next_change(is_redo) for is_redo in (False, True)] == ["a", "b"]
    order.forget("a")
    assert [order.next_change(is_redo) for is_redo in (False, True)] == [None, "b"]
