"""A person drags, adds and removes points of an outline, by mouse, keys and finger."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from page_server import SIZE, Served, make_app_state, serve
from PIL import Image
from test_page_browser import press

from cutout_rl.experiments.page_latency.browser import Mouse, on_screen, open_page, text, wait
from cutout_rl.web.edits import Points, PolygonEdit, Stroke
from cutout_rl.web.objects import ImageRecord

NAME = "blob0.png"
STROKES = (Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60))))
SHIFT = 8  # modifier of the debugging protocol


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    state = make_app_state(tmp_path)
    state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of(STROKES))
    with serve(state) as server:
        yield server


def count(browser: Any) -> int:
    """Return the number of points that the page says it shows."""
    words = text(browser, "point-state").removesuffix("; press the outline to add one").split()
    return int(words[0] if words[-1] == "points" else words[-1])


def edits(served: Served) -> list[Any]:
    return served.app_state.storage.load(NAME, (SIZE, SIZE)).edits


def exported(served: Served) -> NDArray[np.bool_]:
    status, data = served.post(f"/export?kind=mask&name={NAME}", Origin=served.address)
    assert status == 200
    return np.asarray(Image.open(BytesIO(data))) > 0


def drag(browser: Any, start: tuple[float, float], end: tuple[float, float], modifiers: int = 0) -> None:
    """Drag with the left button between places of the image; equal places are a click."""
    places = on_screen(browser, SIZE, [start, end])
    for kind, (x, y) in zip(("mousePressed", "mouseMoved", "mouseReleased"), (*places, places[1]), strict=True):
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def newest(served: Served, number: int) -> PolygonEdit:
    """Wait until so many edits are kept, and return the last one."""
    wait(lambda: len(edits(served)) == number)
    edit = edits(served)[-1]
    assert isinstance(edit, PolygonEdit)
    return edit


def middle(ring: Points, place: int) -> tuple[float, float]:
    (x, y), (to_x, to_y) = ring[place], ring[(place + 1) % len(ring)]
    return (x + to_x) / 2, (y + to_y) / 2


def test_points_are_dragged_added_and_removed_with_the_mouse(browser: Any, mouse: Mouse, served: Served) -> None:
    open_page(browser, served.address, NAME)
    before = exported(served)
    browser.find_element("css selector", "[data-tool=points]").click()
    n_points = wait(lambda: "points" in text(browser, "point-state") and count(browser))
    assert 4 < n_points < 40
    top = float(np.flatnonzero(before.any(axis=1))[0])
    left = float(np.flatnonzero(before[int(top)])[0])  # an outline begins at the leftmost of its topmost corners
    mouse.drag("left", on_screen(browser, SIZE, [(left, top), (left - 3, top - 9)]), speed=4000)
    edit = newest(served, 3)
    (index,) = (i for i, (old, new) in enumerate(zip(edit.before, edit.ring, strict=True)) if old != new)
    assert edit.before[index] == (left, top)
    assert edit.ring[index] == pytest.approx((left - 3, top - 9), abs=0.2)
    after = exported(served)
    assert after[int(top) - 3, int(left) - 1]
    assert not before[int(top) - 3, int(left) - 1]
    wait(lambda: count(browser) == n_points)

    drag(browser, middle(edit.ring, index), middle(edit.ring, index))
    added = newest(served, 4)
    assert len(added.ring) == n_points + 1
    wait(lambda: count(browser) == n_points + 1)
    drag(browser, edit.ring[index], edit.ring[index], SHIFT)
    assert edit.ring[index] not in newest(served, 5).ring
    wait(lambda: count(browser) == n_points)
    assert np.count_nonzero(exported(served)) < np.count_nonzero(after)

    for number in (4, 3, 2):
        press(browser, "z", ctrlKey=True)
        wait(lambda number=number: len(edits(served)) == number)
    assert np.array_equal(exported(served), before)
    press(browser, "Z", ctrlKey=True, shiftKey=True)
    newest(served, 3)
    assert np.array_equal(exported(served), after)
    open_page(browser, served.address, NAME)  # another day
    press(browser, "l")
    wait(lambda: "points" in text(browser, "point-state") and count(browser) == n_points)
    drag(browser, edit.ring[index], (left, top))  # the point is still where it was put
    assert newest(served, 4).before[index] == edit.ring[index]
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_chosen_point_is_moved_by_keys(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    press(browser, "l")
    n_points = wait(lambda: "points" in text(browser, "point-state") and count(browser))
    press(browser, ".")
    assert text(browser, "point-state").startswith("Point at ")
    for _ in range(3):
        press(browser, "ArrowRight", shiftKey=True)
    edit = newest(served, 3)  # one edit for all
    (moved,) = (np.subtract(new, old) for old, new in zip(edit.before, edit.ring, strict=True) if old != new)
    assert moved.tolist() == [3, 0]
    press(browser, "Enter")
    assert len(newest(served, 4).ring) == n_points + 1
    wait(lambda: count(browser) == n_points + 1)
    press(browser, "Delete")
    assert len(newest(served, 5).ring) == n_points
    press(browser, "ArrowDown", shiftKey=True)
    press(browser, "z", ctrlKey=True)  # takes back the move, which was not sent yet
    press(browser, "ArrowLeft")
    wait(lambda: len(edits(served)) == 5)
    press(browser, "l")
    assert not browser.find_element("id", "points").is_displayed()


def test_a_finger_beside_a_point_drags_it_and_one_elsewhere_moves_the_image(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    press(browser, "l")
    wait(lambda: "points" in text(browser, "point-state"))
    top = float(np.flatnonzero(exported(served).any(axis=1))[0])
    left = float(np.flatnonzero(exported(served)[int(top)])[0])

    def swipe(*places: tuple[float, float]) -> None:
        for kind, place in zip(("touchStart", "touchMove", "touchEnd"), (*places, None), strict=True):
            points = [] if place is None else [{"x": place[0], "y": place[1]}]
            browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    ((x, y),) = on_screen(browser, SIZE, [(left, top)])
    swipe((x - 12, y - 17), (x - 12, y - 67))
    edit = newest(served, 3)
    (moved,) = (np.subtract(new, old) for old, new in zip(edit.before, edit.ring, strict=True) if old != new)
    assert moved[0] == 0
    assert moved[1] < -2
    place = browser.execute_script(
        "const board = document.getElementById('board').getBoundingClientRect(); return [board.x + 30, board.y + 30]"
    )
    swipe((place[0], place[1]), (place[0] + 40, place[1]))
    swipe((x - 12 + 40, y - 67), (x - 12 + 40, y - 17))
    edit = newest(served, 4)
    assert np.array(edit.ring) == pytest.approx(np.array(edits(served)[2].before), abs=0.1)


def test_points_from_before_a_change_are_not_shown(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    found = browser.execute_async_script(
        "const done = arguments[0];"
        "import('/static/points.js').then(({Points}) => {"
        "  const canvas = {style: {}, clientWidth: 64, clientHeight: 64};"
        "  const still = {requestPaint() {}, reveal() {}};"
        "  const board = {canvas, size: [64, 64], zoom: 1, fitZoom: 1, x: 0, y: 0, centre: [0, 0], ...still};"
        "  const element = (id) => document.getElementById(id);"
        "  const points = new Points(element, {board, link: {send() {}}, change: () => 5});"
        "  points.turn(true);"
        "  const note = (seen) => points.show({rings: [[[1, 1], [9, 1], [9, 9]]], width: 3, seen});"
        "  note(4);"
        "  points.step(1);"
        "  points.press();"
        "  note(4);"
        "  const shown = points.rings[0].length;"
        "  note(5);"
        "  done([shown, points.rings[0].length]);"
        "})"
    )
    assert found == [4, 3]
