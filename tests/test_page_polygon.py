"""A polygon drawn from nothing: its mask, and a person who clicks its corners, by mouse, keys and finger."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from page_server import SIZE, Served, make_app_state, serve, serve_in_process
from PIL import Image
from scenes import blob_sample
from test_page_away import banner, free_port
from test_page_browser import press
from test_page_points_browser import edits, exported

from cutout_rl.data.formats.polygons import fill
from cutout_rl.experiments.page_latency.browser import on_screen, open_page, text, wait
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import PolygonEdit, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.outline_points import Spacing, outline_points

NAME = "blob0.png"
CORNERS = [(10.1, 12.2), (50.3, 14.1), (30.2, 52.4)]


def enclosed(corners: list[tuple[float, float]]) -> NDArray[np.bool_]:
    return fill([np.array(corners)], (SIZE, SIZE))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serve(make_app_state(tmp_path)) as server:
        yield server


def click(browser: Any, *places: tuple[float, float], count: int = 1) -> None:
    """Click at places of the image, one after another."""
    for x, y in on_screen(browser, SIZE, places):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            held = kind == "mousePressed"
            event = {"type": kind, "x": x, "y": y, "button": "left" if kind != "mouseMoved" else "none"}
            browser.execute_cdp_cmd("Input.dispatchMouseEvent", {**event, "buttons": int(held), "clickCount": count})


def choose(browser: Any) -> None:
    browser.find_element("css selector", "[data-tool=polygon]").click()


def state(browser: Any) -> str:
    return text(browser, "polygon-state")


def test_the_mask_of_an_object_from_nothing_is_its_polygon() -> None:
    drawing = Drawing(blob_sample(SIZE, 0).image, make_segmenter("graphcut"), [])
    assert not drawing.full_mask().any()
    drawing.apply(PolygonEdit((), 0, tuple(CORNERS), 1))
    assert np.array_equal(drawing.full_mask(), enclosed(CORNERS))
    spacing = Spacing(drawing.view, 1.5, 1.5)
    (points,) = outline_points(drawing.full_mask(), drawing.edits, spacing)
    assert set(CORNERS) <= set(points)  # and can be dragged


def test_a_polygon_adds_to_a_mask_and_takes_nothing_away() -> None:
    strokes = [Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60)))]
    drawing = Drawing(blob_sample(SIZE, 0).image, make_segmenter("graphcut"), strokes)
    before = drawing.full_mask()
    assert (before & ~enclosed(CORNERS)).any()
    drawing.apply(PolygonEdit((), 0, tuple(CORNERS), 1))
    assert np.array_equal(drawing.full_mask(), before | enclosed(CORNERS))


def test_clicked_corners_become_an_object_that_is_undone_exported_and_kept(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    choose(browser)
    click(browser, *CORNERS[:2])
    assert state(browser) == "2 corners"
    assert not browser.find_element("id", "polygon-close").is_enabled()
    assert not browser.find_element("id", "hint").is_displayed()
    press(browser, "Enter")
    wait(lambda: text(browser, "message") == "A polygon has three corners or more.")
    click(browser, (40, 40), CORNERS[2])
    press(browser, "z", ctrlKey=True)
    browser.find_element("id", "polygon-remove").click()
    assert state(browser) == "2 corners"
    click(browser, CORNERS[2])
    assert edits(served) == []
    click(browser, CORNERS[0])
    wait(lambda: len(edits(served)) == 1)
    ring = np.array(edits(served)[0].ring)
    assert ring == pytest.approx(np.array(CORNERS), abs=0.1)
    mask = exported(served)
    assert np.count_nonzero(mask ^ enclosed(CORNERS)) < 20
    wait(lambda: "; 1 stroke" in text(browser, "status"))
    press(browser, "z", ctrlKey=True)
    wait(lambda: edits(served) == [])
    press(browser, "Z", ctrlKey=True, shiftKey=True)
    wait(lambda: len(edits(served)) == 1)

    press(browser, "o")
    wait(lambda: "(empty)" in text(browser, "objects"))
    click(browser, (40, 40), (60, 40), (60, 60))
    press(browser, "Enter")
    wait(lambda: len(edits(served)) == 2)
    owners = [owner for owner, _ in served.app_state.storage.load(NAME, (SIZE, SIZE)).tagged]
    assert owners == [1, 2]
    open_page(browser, served.address, NAME)  # another day
    press(browser, "j")
    press(browser, "l")
    wait(lambda: text(browser, "point-state").startswith("3 points"))
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_double_click_closes_and_esc_cancels(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    press(browser, "y")
    click(browser, *CORNERS)
    press(browser, "Escape")
    assert state(browser).startswith("Click the corners")
    click(browser, *CORNERS[:2])
    press(browser, "p")  # other tools leave the corners alone
    press(browser, "y")
    click(browser, CORNERS[2])
    click(browser, CORNERS[2], count=2)
    wait(lambda: len(edits(served)) == 1)
    assert len(edits(served)[0].ring) == 3
    wait(lambda: "; 1 stroke" in text(browser, "status"))
    click(browser, CORNERS[0])
    press(browser, "ArrowRight")
    wait(lambda: "; 0 strokes" in text(browser, "status"))
    assert state(browser).startswith("Click the corners")  # those of one image are not of another


def test_corners_are_put_by_keys(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    press(browser, "y")
    for keys in (["ArrowLeft"] * 6, ["ArrowDown"] * 6, ["ArrowRight"] * 9):
        for key in keys:
            press(browser, key, shiftKey=True)
        press(browser, "Enter")
    assert state(browser).endswith("3 corners; the first one closes it")
    press(browser, "Enter")
    wait(lambda: len(edits(served)) == 1)
    (ax, ay), (bx, by), (cx, cy) = edits(served)[0].ring
    assert (ax, by) == (bx, cy)
    assert ay < by
    assert bx < cx


def test_fingers_put_corners_and_two_move_the_image(browser: Any, served: Served) -> None:
    open_page(browser, served.address, NAME)
    choose(browser)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    places = on_screen(browser, SIZE, CORNERS)
    for place in places[:2]:
        touch("touchStart", place)
        touch("touchEnd")
    first, second = places[2], places[1]
    touch("touchStart", first)
    touch("touchStart", first, second)
    touch("touchEnd")
    wait(lambda: state(browser) == "2 corners")
    touch("touchStart", (first[0] + 50, first[1]))
    touch("touchMove", first)  # a finger that still holds a corner moves it
    touch("touchEnd")
    browser.find_element("id", "polygon-close").click()
    wait(lambda: len(edits(served)) == 1)
    assert np.array(edits(served)[0].ring) == pytest.approx(np.array(CORNERS), abs=0.6)


def test_a_polygon_drawn_while_the_server_is_dead_is_saved_after_its_restart(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path), free_port()
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord())
    with serve_in_process(app_state, port) as (served, process):
        open_page(browser, served.address, NAME)
        choose(browser)
        click(browser, *CORNERS[:2])
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait(lambda: "does not answer" in banner(browser))
        click(browser, CORNERS[2], CORNERS[0])
        wait(lambda: "1 polygon is kept in this browser" in banner(browser))
        browser.find_element("id", "undo").click()
        wait(lambda: "kept in this browser" not in banner(browser))
        browser.find_element("id", "redo").click()
        wait(lambda: "1 polygon is kept in this browser" in banner(browser))
        press(browser, "l")
        assert text(browser, "point-state") == "Points come when the server is back"
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: banner(browser) == "")
        wait(lambda: "; 1 stroke" in text(browser, "status"))
        wait(lambda: text(browser, "point-state").startswith("3 points"))
        mask = np.asarray(Image.open(export(app_state, "mask", NAME))) > 0
        assert np.count_nonzero(mask ^ enclosed(CORNERS)) < 20
