"""The page in Chromium when the server is away, its folder cannot be written, or another window draws too."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from page_server import SIZE, Served, make_app_state, serve, serve_in_process
from PIL import Image

from cutout_rl.experiments.page_latency.browser import (
    Mouse,
    connect_mouse,
    missing,
    on_screen,
    open_browser,
    open_page,
    text,
    wait,
)
from cutout_rl.web.edits import PolygonEdit, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.objects import ImageRecord

NAME = "blob0.png"
LACK = missing()
pytestmark = pytest.mark.skipif(LACK is not None, reason=str(LACK))
# A file system of the server alone, which can be made full or read-only.
ALONE = ("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=48k tmpfs "$0" && exec "$@"')


@pytest.fixture
def browser() -> Iterator[Any]:
    with open_browser() as driver:
        yield driver


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def dot(browser: Any, mouse: Mouse, x: float, y: float = 32) -> None:
    mouse.drag("left", on_screen(browser, SIZE, [(x, y)]), speed=4000)


def hold(browser: Any, kind: str, x: float, y: float, buttons: int) -> None:
    """Press, move or release the left button."""
    ((column, row),) = on_screen(browser, SIZE, [(x, y)])
    event = {"type": kind, "x": column, "y": row, "button": "left", "buttons": buttons, "clickCount": 1}
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def places(served: Served, name: str = NAME) -> list[int]:
    """Return the columns of the saved strokes."""
    edits = served.app_state.storage.load(name, (SIZE, SIZE)).edits
    return [round(edit.points[0][0]) for edit in edits if isinstance(edit, Stroke)]


def banner(browser: Any) -> str:
    return text(browser, "banner")


def test_strokes_drawn_while_the_server_is_dead_are_found_after_its_restart(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    with serve_in_process(app_state, port) as (served, process):
        open_page(browser, served.address, NAME)
        with connect_mouse(browser) as mouse:
            dot(browser, mouse, 10)
            wait(lambda: places(served) == [10])
            wait(
                lambda: browser.execute_script("return localStorage.length") == 0
            )  # the browser knows that it is saved
            assert banner(browser) == ""
            hold(browser, "mousePressed", 20, 32, 1)  # the server dies in the middle of a stroke
            process.send_signal(signal.SIGKILL)
            process.wait()
            wait(lambda: "does not answer" in banner(browser))
            hold(browser, "mouseMoved", 20, 40, 1)
            hold(browser, "mouseReleased", 20, 40, 0)
            for column in (30, 40, 50):
                dot(browser, mouse, column)
            browser.find_element("id", "undo").click()
            wait(lambda: "3 strokes are kept in this browser" in banner(browser))
            browser.find_element("id", "fill-background").click()
            wait(lambda: "everything else has to wait" in text(browser, "message"))
            browser.find_element("id", "next").click()  # its image cannot be fetched
            wait(lambda: "does not answer" in text(browser, "message"))
            assert browser.current_url.endswith(f"#{NAME}")
            browser.find_element("id", "redo").click()
            wait(lambda: "4 strokes are kept in this browser" in banner(browser))
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: banner(browser) == "")
        wait(lambda: "5 strokes" in text(browser, "status"))
        assert places(served) == [10, 20, 30, 40, 50]


def test_points_changed_while_the_server_is_dead_are_changed_after_its_restart(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    strokes = (Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60))))
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of(strokes))

    def mask() -> NDArray[np.bool_]:
        return np.asarray(Image.open(export(app_state, "mask", NAME))) > 0

    def state() -> str:
        return text(browser, "point-state")

    before = mask()
    top = int(np.flatnonzero(before.any(axis=1))[0])
    left = int(np.flatnonzero(before[top])[0])  # an outline begins at the leftmost of its topmost corners
    with serve_in_process(app_state, port) as (served, process):
        open_page(browser, served.address, NAME)
        browser.find_element("css selector", "[data-tool=points]").click()
        wait(lambda: "points" in state())
        n_points = int(state().split()[0])
        with connect_mouse(browser) as mouse:
            process.send_signal(signal.SIGKILL)
            process.wait()
            wait(lambda: "does not answer" in banner(browser))
            mouse.drag("left", on_screen(browser, SIZE, [(left, top), (left - 4, top - 10)]), speed=4000)
            wait(lambda: "1 change of points is kept in this browser" in banner(browser))
            browser.find_element("id", "point-add").click()
            wait(lambda: f"one of {n_points + 1}" in state())
            browser.find_element("id", "undo").click()
            wait(lambda: f"{n_points} points" in state())
            browser.find_element("id", "redo").click()
            wait(lambda: f"{n_points + 1} points" in state())
            browser.find_element("css selector", "[data-tool=inside]").click()
            dot(browser, mouse, 50, 50)
            wait(lambda: "1 stroke and 2 changes of points are kept in this browser" in banner(browser))
            browser.find_element("css selector", "[data-tool=points]").click()
            wait(lambda: f"{n_points + 1} points" in state())  # the server cannot be asked for them
    assert np.array_equal(mask(), before)
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: banner(browser) == "")
        edits = served.app_state.storage.load(NAME, (SIZE, SIZE)).edits
        moved, added, drawn = edits[2:]
        assert isinstance(moved, PolygonEdit)
        assert isinstance(added, PolygonEdit)
        assert isinstance(drawn, Stroke)
        assert added.before == moved.ring
        assert (left - 4, top - 10) == pytest.approx(next(iter({*moved.ring} - {*moved.before})), abs=0.3)
        assert mask()[top - 4, left - 1]
        assert not before[top - 4, left - 1]
        wait(lambda: "5 strokes" in text(browser, "status"))
        wait(lambda: state().endswith("to add one") and int(state().split()[0]) >= n_points)


def test_points_changed_before_the_image_is_open_again_are_changed(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    strokes = (Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60))))
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of(strokes))
    with serve_in_process(app_state, port) as (served, _):
        open_page(browser, served.address, NAME)
        browser.find_element("css selector", "[data-tool=points]").click()
        wait(lambda: "points" in text(browser, "point-state"))
        browser.execute_script(
            "const ask = window.fetch;"
            "window.fetch = (path, options) => path !== '/about' ? ask(path, options)"
            "  : new Promise((answer) => { window.answer = () => answer(ask(path, options)); });"
        )
    wait(lambda: "does not answer" in banner(browser))
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: browser.execute_script("return Boolean(window.answer)"))
        assert text(browser, "connection") == "connected"
        browser.find_element("id", "point-next").click()
        browser.find_element("id", "point-add").click()
        wait(lambda: "1 change of points is kept in this browser" in banner(browser))
        browser.execute_script("window.answer()")
        wait(lambda: banner(browser) == "")
        edits = served.app_state.storage.load(NAME, (SIZE, SIZE)).edits
        assert [type(edit) for edit in edits] == [Stroke, Stroke, PolygonEdit]


def test_a_change_of_points_that_the_page_did_not_see_saved_can_be_undone(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    strokes = (Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60))))
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of(strokes))
    deaf = (
        "window.WebSocket = class extends WebSocket {"
        "  set onmessage(hear) { super.onmessage = (event) => { if (!window.isDeaf) hear(event); }; }"
        "};"
    )
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": deaf})

    def edits() -> list[Any]:
        return app_state.storage.load(NAME, (SIZE, SIZE)).edits

    with serve_in_process(app_state, port) as (served, process):
        open_page(browser, served.address, NAME)
        browser.find_element("css selector", "[data-tool=points]").click()
        wait(lambda: "points" in text(browser, "point-state"))
        n_points = int(text(browser, "point-state").split()[0])
        browser.find_element("id", "point-next").click()
        browser.execute_script("window.isDeaf = true")
        browser.find_element("id", "point-add").click()
        wait(lambda: len(edits()) == 3)
        process.kill()
        wait(lambda: "1 change of points is kept in this browser" in banner(browser))
        browser.find_element("id", "undo").click()
        wait(lambda: "kept in this browser" not in banner(browser))
        browser.find_element("id", "redo").click()
        wait(lambda: "1 change of points is kept in this browser" in banner(browser))
        browser.find_element("id", "undo").click()
        wait(lambda: text(browser, "point-state").startswith(f"{n_points} points"))
        browser.execute_script("window.isDeaf = false")
    with serve_in_process(app_state, port):
        wait(lambda: banner(browser) == "")
        wait(lambda: browser.execute_script("return localStorage.length") == 0)
        assert len(edits()) == 2


def test_a_point_moved_just_before_the_page_is_closed_is_moved(browser: Any, tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    strokes = (Stroke("inside", 3, ((28, 32), (38, 32))), Stroke("outside", 3, ((3, 3), (60, 3), (60, 60))))
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of(strokes))
    with serve(app_state) as served:
        open_page(browser, served.address, NAME)
        browser.find_element("css selector", "[data-tool=points]").click()
        wait(lambda: "points" in text(browser, "point-state"))
        browser.find_element("id", "point-next").click()
        browser.execute_script(
            "const more = {key: 'ArrowUp', shiftKey: true, bubbles: true};"
            "document.getElementById('board').dispatchEvent(new KeyboardEvent('keydown', more));"
            "location.href = 'about:blank';"
        )
        wait(lambda: browser.current_url == "about:blank")
        open_page(browser, served.address, NAME)
        wait(lambda: isinstance(app_state.storage.load(NAME, (SIZE, SIZE)).edits[-1], PolygonEdit))


def test_what_is_kept_for_a_folder_is_not_saved_in_another(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    other = make_app_state(tmp_path / "other", images=2)
    with serve_in_process(app_state, port) as (served, _):
        open_page(browser, served.address, NAME)
    wait(lambda: "does not answer" in banner(browser))
    with connect_mouse(browser) as mouse:
        dot(browser, mouse, 10)
        with serve_in_process(other, port) as (wrong, _):
            wait(lambda: "Another folder is served" in banner(browser))
            dot(browser, mouse, 20)
            wait(lambda: "2 strokes are kept in this browser" in banner(browser))
            assert places(wrong) == []
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: places(served) == [10, 20])


def test_strokes_outlive_server_and_page(browser: Any, tmp_path: Path) -> None:
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    with serve_in_process(app_state, port) as (served, process):
        open_page(browser, served.address, NAME)
        process.kill()
        wait(lambda: "does not answer" in banner(browser))
        with connect_mouse(browser) as mouse:
            dot(browser, mouse, 10)
            dot(browser, mouse, 20)
        browser.get("about:blank")
    other = make_app_state(tmp_path / "other", images=2)
    with serve_in_process(other, port) as (served, _):
        open_page(browser, served.address, NAME)
        assert "; 0 strokes" in text(browser, "status")
    with serve_in_process(app_state, port) as (served, _):
        wait(lambda: "Another folder is served" in banner(browser))
        open_page(browser, served.address, "blob1.png")
        wait(lambda: places(served) == [10, 20])
        assert banner(browser) == ""


def test_a_full_or_read_only_folder_is_reported_until_it_can_be_written(browser: Any, tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("this machine has no namespaces to mount a small file system in")
    app_state, port = make_app_state(tmp_path, images=2), free_port()
    folder = app_state.storage.folder
    folder.mkdir()

    def inside(command: str) -> str:
        enter = ["nsenter", "--preserve-credentials", "-t", str(process.pid), "-U", "-m", "sh", "-c", command]
        return subprocess.run(enter, check=True, capture_output=True, text=True, cwd="/").stdout

    with serve_in_process(app_state, port, (*ALONE, str(folder))) as (served, process):
        open_page(browser, served.address, NAME)
        with connect_mouse(browser) as mouse:
            dot(browser, mouse, 10)
            wait(lambda: "1 stroke" in text(browser, "status"))
            inside(f"cat /dev/zero > {folder}/filler || true")
            for column in range(4, 60, 2):  # more than fit into the last page of the file
                dot(browser, mouse, column)
                mouse.drag("left", on_screen(browser, SIZE, [(column, 5), (column, 60)] * 10), speed=40_000)
            wait(lambda: "No space left on device" in banner(browser))
            assert "strokes are kept in this browser" in banner(browser)
            inside(f"rm {folder}/filler")
            wait(lambda: banner(browser) == "")
            inside(f"mount -o remount,ro {folder}")
            dot(browser, mouse, 62)
            wait(lambda: "Read-only file system" in banner(browser))
            browser.find_element("id", "export").click()
            wait(lambda: "Read-only file system" in text(browser, "message"))
            browser.find_element("id", "next").click()
            wait(lambda: "blob1.png" in browser.current_url and "; 0 strokes" in text(browser, "status"))
            wait(lambda: "1 stroke is kept in this browser" in banner(browser))
            inside(f"mount -o remount,rw {folder}")
            wait(lambda: banner(browser) == "")
            assert inside(f"cat {folder}/strokes/{NAME}.json").count('"pen"') == 1 + 2 * 28 + 1


def test_two_windows_on_one_image_show_each_others_strokes(browser: Any, tmp_path: Path) -> None:
    with serve(make_app_state(tmp_path, images=2)) as served:
        open_page(browser, served.address, NAME)
        windows = [browser.current_window_handle]
        browser.switch_to.new_window("window")
        windows.append(browser.current_window_handle)
        open_page(browser, served.address, NAME)
        for window, column in zip(windows, (10, 20), strict=True):
            browser.switch_to.window(window)
            with connect_mouse(browser) as mouse:
                dot(browser, mouse, column)
            wait(lambda column=column: column in places(served))
        browser.switch_to.window(windows[0])
        wait(lambda: "2 strokes" in text(browser, "status"))
        assert "changed elsewhere" in text(browser, "message")
        browser.find_element("id", "undo").click()
        wait(lambda: places(served) == [10])
        browser.switch_to.window(windows[1])
        wait(lambda: "1 stroke" in text(browser, "status"))
        assert banner(browser) == ""
