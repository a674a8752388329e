"""Several objects on the page in Chromium: drawn, named, ordered, hidden, removed, and found again."""

import csv
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from page_server import SIZE, Served, make_app_state, serve
from PIL import Image
from test_page_browser import press

from cutout_rl.experiments.page_latency.browser import (
    Mouse,
    on_screen,
    open_page,
    text,
    wait,
)
from cutout_rl.web.classes import DEFAULT
from cutout_rl.web.objects import ImageRecord

NAME = "blob0.png"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(make_app_state(tmp_path_factory.mktemp("page"))) as server:
        yield server


def kept(served: Served, name: str = NAME) -> ImageRecord:
    return served.app_state.storage.load(name, (SIZE, SIZE))


def listed(browser: Any) -> list[str]:
    script = "return [...document.querySelectorAll('#objects .object')].map((row) => row.innerText.trim())"
    found: list[str] = browser.execute_script(script)
    return found


def selected(browser: Any) -> str:
    script = "return document.querySelector('#objects .object[aria-pressed=true]').innerText.trim()"
    return str(browser.execute_script(script))


def stroke(browser: Any, mouse: Mouse, *corners: tuple[float, float], button: Any = "left") -> None:
    mouse.drag(button, on_screen(browser, SIZE, corners), speed=4000)


def click(browser: Any, name: str) -> None:
    browser.find_element("id", name).click()


def test_objects_are_drawn_classed_ordered_and_found_again(browser: Any, mouse: Mouse, served: Served) -> None:
    open_page(browser, served.address, NAME)
    stroke(browser, mouse, (28, 32), (38, 32))
    wait(lambda: len(kept(served).tagged) == 1)
    press(browser, "o")
    wait(lambda: listed(browser) == ["object 2 (empty)", "object 1"])
    press(browser, "o")  # the empty one is taken first
    stroke(browser, mouse, (5, 5), (5, 60))
    wait(lambda: listed(browser) == ["object 2", "object 1"])
    click(browser, "classes-open")
    click(browser, "class-add")
    browser.switch_to.active_element.send_keys("leaf")
    click(browser, "overlap")
    click(browser, "classes-save")
    wait(lambda: served.app_state.storage.classes.load().ids() == {"object": 1, "leaf": 2})
    assert served.app_state.storage.classes.load().overlap
    wait(lambda: "leaf" in text(browser, "object-class"))
    press(browser, "z", ctrlKey=True)
    wait(lambda: "leaf" not in text(browser, "object-class"))
    assert served.app_state.storage.classes.load() == DEFAULT
    press(browser, "Z", ctrlKey=True, shiftKey=True)
    wait(lambda: "leaf" in text(browser, "object-class"))
    press(browser, "@", code="Digit2", shiftKey=True)
    wait(lambda: listed(browser) == ["leaf 2", "object 1"])
    browser.find_element("id", "object-name").send_keys("oak\n")
    wait(lambda: listed(browser) == ["oak", "object 1"])
    click(browser, "object-down")
    wait(lambda: listed(browser) == ["object 1", "oak"])
    browser.find_element("css selector", "#objects .eye").click()
    wait(lambda: [info.hidden for info in kept(served).objects] == [True, False])
    open_page(browser, served.address, NAME)
    wait(lambda: listed(browser) == ["object 1", "oak"])
    assert [(info.number, info.category, info.name, info.hidden) for info in kept(served).objects] == [
        (1, 1, "", True),
        (2, 2, "oak", False),
    ]
    assert selected(browser) == "oak"
    press(browser, "k")
    wait(lambda: selected(browser) == "object 1")
    press(browser, "z", ctrlKey=True)  # the newest stroke, of the other object
    wait(lambda: [owner for owner, _ in kept(served).tagged] == [1])
    press(browser, "Z", ctrlKey=True, shiftKey=True)
    wait(lambda: [owner for owner, _ in kept(served).tagged] == [1, 2])


def test_a_removed_object_comes_back_by_undo(browser: Any, mouse: Mouse, served: Served) -> None:
    open_page(browser, served.address, "blob1.png")
    stroke(browser, mouse, (28, 32), (38, 32))
    click(browser, "add-object")
    wait(lambda: "object 2 (empty)" in listed(browser))
    stroke(browser, mouse, (5, 5), (5, 60))
    stroke(browser, mouse, (50, 5), (60, 5), button="right")
    wait(lambda: len(kept(served, "blob1.png").tagged) == 3)
    click(browser, "object-remove")
    wait(lambda: listed(browser) == ["object 1"])
    assert len(kept(served, "blob1.png").tagged) == 1
    press(browser, "z", ctrlKey=True)
    wait(lambda: listed(browser) == ["object 2", "object 1"])
    assert len(kept(served, "blob1.png").edits_of(2)) == 2
    browser.execute_script(
        "const [x, y] = arguments; document.getElementById('board').dispatchEvent(new PointerEvent('pointerdown',"
        " {clientX: x, clientY: y, altKey: true, pointerId: 1, bubbles: true, cancelable: true}))",
        *on_screen(browser, SIZE, [(33, 32)])[0],
    )
    wait(lambda: selected(browser) == "object 1")


def test_a_hint_is_shown_until_the_first_stroke(browser: Any, mouse: Mouse, served: Served) -> None:
    open_page(browser, served.address, "blob2.png")
    wait(lambda: browser.find_element("id", "hint").is_displayed())
    stroke(browser, mouse, (28, 32), (38, 32))
    wait(lambda: not browser.find_element("id", "hint").is_displayed())
    press(browser, "z", ctrlKey=True)
    wait(lambda: browser.find_element("id", "hint").is_displayed())


def test_a_stroke_is_drawn_by_the_keyboard(browser: Any, served: Served) -> None:
    open_page(browser, served.address, "blob3.png")
    for key in ("ArrowRight", "Enter", "ArrowRight", "ArrowDown", "Enter"):
        press(browser, key, shiftKey=key != "Enter")
    wait(lambda: len(kept(served, "blob3.png").tagged) == 1)
    ((_, edit),) = kept(served, "blob3.png").tagged
    assert list(dict.fromkeys(edit.points)) == [(33, 32), (34, 32), (34, 33)]  # type: ignore[union-attr]
    assert browser.current_url.endswith("#blob3.png")


def test_export_is_in_sight_and_help_begins_at_its_top(browser: Any, served: Served) -> None:
    screen = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        open_page(browser, served.address, NAME)
        box = browser.find_element("id", "export").rect
        assert box["y"] + box["height"] < 870
        click(browser, "help-open")
        assert browser.execute_script("return document.getElementById('help').scrollTop") == 0
        assert browser.find_element("id", "help-title").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_controls_are_large_enough_for_fingers(browser: Any, served: Served) -> None:
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "pointer", "value": "coarse"}]})
        open_page(browser, served.address, NAME)
        small = browser.execute_script(
            "const found = document.querySelectorAll('button, select, input:not([type=checkbox]), summary');"
            "const isSmall = (each) => each.offsetParent && each.getBoundingClientRect().height < 43.5;"
            "return [...found].filter((each) => isSmall(each) && !each.closest('.button')).map((each) => each.id)"
        )
        assert small == []
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_images_are_marked_filtered_and_counted(browser: Any, mouse: Mouse, served: Served) -> None:
    def states() -> list[str]:
        script = "return [...document.querySelectorAll('#thumbnails button')].map(({dataset}) => dataset.state)"
        found: list[str] = browser.execute_script(script)
        return found

    for name in ("blob0.png", "blob1.png", "blob2.png", "blob3.png"):
        served.app_state.storage.save(name, (SIZE, SIZE), ImageRecord())
        (served.app_state.storage.folder / "strokes" / f"{name}.json").unlink()
    open_page(browser, served.address, "blob1.png")
    wait(lambda: states() == ["untouched"] * 4)
    stroke(browser, mouse, (28, 32), (38, 32))
    wait(lambda: states() == ["untouched", "begun", "untouched", "untouched"])
    time.sleep(0.2)  # of work
    press(browser, "a")
    wait(lambda: len(served.app_state.storage.load("blob1.png", (SIZE, SIZE)).edits) == 2)
    press(browser, "d")
    wait(lambda: browser.current_url.endswith("#blob2.png"))
    press(browser, "s")
    wait(lambda: browser.current_url.endswith("#blob3.png"))
    press(browser, "u")
    wait(lambda: browser.current_url.endswith("#blob0.png"))
    open_page(browser, served.address, "blob0.png")
    wait(lambda: states() == ["untouched", "done", "skipped", "untouched"])
    assert text(browser, "strip-count") == "2 of 4 done"
    browser.find_element("css selector", "#strip-filter [value=todo]").click()
    wait(lambda: states() == ["untouched", "untouched"])
    browser.find_element("id", "strip-search").send_keys("3")
    wait(lambda: states() == ["untouched"])
    status, table = served.post("/export?kind=statistics&name=blob0.png", Origin=served.address)
    assert status == 200
    header, row = csv.reader(table.decode().splitlines())
    assert header[:4] == ["image", "state", "objects", "strokes"]
    assert row[:5] == ["blob1.png", "done", "1", "1", "0"]
    assert float(row[header.index("seconds")]) > 0


def test_the_brush_paints_and_removes(browser: Any, mouse: Mouse, served: Served) -> None:
    open_page(browser, served.address, "blob2.png")
    press(browser, "p")
    stroke(browser, mouse, (10, 10), (20, 10))
    stroke(browser, mouse, (15, 10), (20, 10), button="right")
    wait(lambda: [edit.pen for edit in kept(served, "blob2.png").edits] == ["add", "remove"])  # type: ignore[union-attr]
    assert text(browser, "brush") == "Brush +"
    press(browser, "p")
    assert text(browser, "brush") != "Brush +"
    status, exported = served.post("/export?kind=mask&name=blob2.png", Origin=served.address)
    assert status == 200
    mask = np.asarray(Image.open(BytesIO(exported))) > 0
    assert mask[10, 8]
    assert not mask[10, 18]
