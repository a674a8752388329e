"""Undo and redo of what a client does to images by requests: marks, imports and carried strokes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import SIZE, Served, make_app_state, serve
from test_page_browser import press
from test_page_undo import Page, columns

from cutout_rl.annotation.formats import Annotation, encode_coco
from cutout_rl.experiments.page_latency.browser import Mouse, on_screen, open_page, text, wait
from cutout_rl.web.app_state import AppState
from cutout_rl.web.carried_strokes import carry_strokes
from cutout_rl.web.edits import Pixels, Stroke
from cutout_rl.web.folder_changes import FolderChange, Mark, OfferedChanges
from cutout_rl.web.imports import import_annotations
from cutout_rl.web.objects import ImageRecord

MASK = np.zeros((SIZE, SIZE), np.bool_)
MASK[20:40, 10:50] = True


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, images=3)


def did(page: Page, app_state: AppState, change: FolderChange) -> None:
    """Take a change as one of the client's, as the page does after a request."""
    page.send("did", change=app_state.changes.add(change))


def mark(page: Page, app_state: AppState, name: str, state: str) -> None:
    did(page, app_state, Mark.make(app_state.storage.states, name, state))


def import_coco(page: Page, app_state: AppState, *names: str) -> None:
    data = encode_coco([Annotation(name, MASK, category="tree") for name in names])
    did(page, app_state, import_annotations(app_state, "coco", "", data).change)


def record(app_state: AppState, name: str = "blob0.png") -> ImageRecord:
    return app_state.storage.load(name, (SIZE, SIZE))


def test_marks_are_undone_and_redone_among_strokes(app_state: AppState) -> None:
    marks = app_state.storage.states.load
    page = Page(app_state)
    page.draw(10)
    mark(page, app_state, "blob0.png", "done")
    mark(page, app_state, "blob0.png", "skipped")
    page.open("blob1.png")
    page.draw(20)
    assert marks() == {"blob0.png": "skipped"}
    page.send("undo")
    assert columns(app_state) == [[10], [], []]
    page.send("undo")
    assert page.went == ["blob0.png"]
    assert (marks(), page.said[-1]) == ({"blob0.png": "done"}, "blob0.png is marked as done again.")
    page.send("undo")
    assert (marks(), page.said[-1]) == ({}, "blob0.png is no longer marked as done.")
    assert page.states == {"blob0.png": "begun"}
    assert columns(app_state) == [[10], [], []]
    page.send("undo")
    assert columns(app_state) == [[], [], []]
    for _ in range(3):
        page.send("redo")
    assert (columns(app_state), marks(), page.states) == ([[10], [], []], {"blob0.png": "skipped"}, marks())
    page.send("redo")
    assert columns(app_state) == [[10], [20], []]
    assert not page.facts()["redo"]


def test_an_import_is_undone_in_all_its_images_and_what_was_before_can_be_undone_too(app_state: AppState) -> None:
    page = Page(app_state)
    page.draw(10)
    page.send("clear")
    page.draw(20)
    page.send("change_object", object=1, name="oak")
    before = record(app_state)
    classes = app_state.storage.classes.load()
    import_coco(page, app_state, "blob0.png", "blob1.png")
    after = record(app_state)
    assert [type(edit) for edit in after.edits] == [Stroke, Pixels]
    page.open("blob2.png")
    page.draw(30)
    page.send("undo")
    page.send("undo")
    assert page.went == ["blob0.png"]
    assert (record(app_state), app_state.storage.classes.load()) == (before, classes)
    assert app_state.storage.edited_images() == {"blob0.png", "blob2.png"}
    assert page.states == {"blob0.png": "begun", "blob1.png": "untouched"}
    assert page.said[-1] == "The import is undone."
    page.send("undo")
    assert record(app_state).objects[0].name == ""
    page.send("undo")
    page.send("undo")
    assert columns(app_state) == [[10], [], []]  # as before the strokes were cleared
    for _ in range(4):
        page.send("redo")
    assert record(app_state) == after
    assert len(record(app_state, "blob1.png").edits) == 1
    assert "tree" in app_state.storage.classes.load().ids()
    assert page.said[-1] == "The import is made again."
    page.draw(40)
    page.send("undo")
    page.send("undo")
    assert record(app_state) == before


def test_an_import_stays_where_somebody_else_has_changed_something_since(app_state: AppState) -> None:
    page = Page(app_state)
    import_coco(page, app_state, "blob0.png", "blob1.png")
    other = Page(app_state)
    other.open("blob1.png")
    other.draw(10)
    page.send("undo")
    assert [len(record(app_state, f"blob{number}.png").edits) for number in range(2)] == [0, 2]
    assert page.said[-1].endswith("not where somebody has changed something since: in 1 of 2 images.")
    other.send("undo")
    page.send("redo")
    assert [len(record(app_state, f"blob{number}.png").edits) for number in range(2)] == [1, 1]


def test_images_that_are_gone_are_passed_over(app_state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(app_state)
    page.draw(10)
    mark(page, app_state, "blob1.png", "done")
    import_coco(page, app_state, "blob1.png", "blob0.png")
    monkeypatch.setattr(app_state.images, "names", lambda: ["blob0.png"])
    page.send("undo")
    assert columns(app_state) == [[10], [], []]
    page.send("undo")
    assert columns(app_state) == [[], [], []]
    assert app_state.storage.states.load() == {"blob1.png": "done"}


def test_carried_strokes_are_undone(app_state: AppState) -> None:
    app_state.images.add("next.png", (app_state.storage.folder.parent / "data/images/blob0.png").read_bytes())
    page = Page(app_state)
    page.draw(30)
    page.open("next.png")
    did(page, app_state, carry_strokes(app_state, "blob0.png", "next.png").change)
    assert len(record(app_state, "next.png").edits) == 1
    page.send("undo")
    assert record(app_state, "next.png").edits == []
    assert page.went == []
    assert app_state.storage.edited_images() == {"blob0.png"}


def test_what_a_client_does_not_take_over_is_forgotten() -> None:
    offered = OfferedChanges()
    changes = [Mark("blob0.png", None, "done") for _ in range(17)]
    numbers = [offered.add(change) for change in changes]
    assert [offered.take(number) for number in (numbers[0], numbers[1], numbers[1])] == [None, changes[1], None]


def shown(browser: Any, name: str) -> str:
    """Return the state of an image that the strip shows, which is made anew at times."""
    script = "return document.querySelector(`[data-name='${arguments[0]}']`).dataset.state"
    return str(browser.execute_script(script, name))


def said(browser: Any) -> str:
    return str(browser.find_element("id", "message").get_attribute("textContent"))


def open_drawn(browser: Any, mouse: Mouse, served: Served) -> None:
    """Open the first image and draw a stroke."""
    open_page(browser, served.address, "blob0.png")
    mouse.drag("left", on_screen(browser, SIZE, [(20, 32), (40, 32)]), speed=4000)
    wait(lambda: "; 1 stroke" in text(browser, "status"))


def test_a_person_undoes_a_mark(browser: Any, mouse: Mouse, app_state: AppState) -> None:
    with serve(app_state) as served:
        open_drawn(browser, mouse, served)
        browser.find_element("id", "done").click()
        wait(lambda: browser.current_url.endswith("#blob1.png") and "; 0 strokes" in text(browser, "status"))
        assert (shown(browser, "blob0.png"), text(browser, "strip-count")) == ("done", "1 of 3 done")
        press(browser, "z", ctrlKey=True)
        wait(lambda: said(browser) == "blob0.png is no longer marked as done.")
        assert browser.current_url.endswith("#blob0.png")
        assert (shown(browser, "blob0.png"), text(browser, "strip-count")) == ("begun", "0 of 3 done")
        assert app_state.storage.states.load() == {}
        browser.find_element("id", "redo").click()
        wait(lambda: shown(browser, "blob0.png") == "done")
        assert browser.find_element("id", "done").get_attribute("aria-pressed") == "true"
        assert app_state.storage.states.load() == {"blob0.png": "done"}
        browser.get("about:blank")


def test_a_person_undoes_an_import(browser: Any, mouse: Mouse, app_state: AppState, tmp_path: Path) -> None:
    file = tmp_path / "annotations.json"
    file.write_bytes(encode_coco([Annotation("blob1.png", MASK, category="tree")]))
    with serve(app_state) as served:
        open_drawn(browser, mouse, served)
        mouse.drag("right", on_screen(browser, SIZE, [(5, 5), (60, 5)]), speed=4000)
        wait(lambda: "; 2 strokes" in text(browser, "status"))
        browser.find_element("css selector", "#import-kind [value=coco]").click()
        browser.find_element("id", "import").send_keys(str(file))
        wait(lambda: "; 1 stroke" in text(browser, "status"))  # the import, in the image that the page has opened
        assert (shown(browser, "blob1.png"), text(browser, "objects").split()[0]) == ("begun", "tree")
        browser.find_element("id", "undo").click()
        wait(lambda: said(browser) == "The import is undone.")
        wait(lambda: "; 0 strokes" in text(browser, "status"))
        assert (shown(browser, "blob1.png"), text(browser, "objects").split()[0]) == ("untouched", "object")
        browser.find_element("id", "redo").click()
        wait(lambda: "; 1 stroke" in text(browser, "status"))
        assert shown(browser, "blob1.png") == "begun"
        press(browser, "z", ctrlKey=True)
        press(browser, "z", ctrlKey=True)
        wait(lambda: browser.current_url.endswith("#blob0.png") and "; 1 stroke" in text(browser, "status"))
        assert columns(app_state) == [[20], [], []]
        assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        browser.get("about:blank")
