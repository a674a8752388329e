"""The agent on the page in Chromium: its suggestions, the choice of the agent, and all images of a folder."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_server import SIZE, Served, make_app_state, serve
from reader import Reader, cropped_mask
from test_page_browser import draw, press, strokes

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.experiments.page_latency.browser import (
    Mouse,
    open_page,
    text,
    wait,
)
from cutout_rl.game.config import GameConfig
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import PERSON, Edit, Stroke
from cutout_rl.web.reading_assistant import make_assistant

AXE = os.environ.get("CUTOUT_RL_AXE")  # path of axe.min.js, which is not part of the project
NAME = "blob0.png"
GAME = GameConfig(image_size=SIZE, step_len=8, step_count=12)


class Gate(Assistant):
    """Moves at random on so many images, and waits before the next."""

    def __init__(self) -> None:
        super().__init__(RandomPens(), GAME)
        self.images_left = 0

    def next_stroke(self, drawing: Drawing) -> Stroke | None:
        wait(lambda: self.images_left > 0)
        stroke = super().next_stroke(drawing)
        self.images_left -= stroke is None
        return stroke


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    assistant = make_assistant(Reader(cropped_mask()), GAME)
    with serve(make_app_state(tmp_path_factory.mktemp("page"), assistant=assistant)) as server:
        yield server


def type_key(browser: Any, name: str) -> None:
    """Press a key where the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    ActionChains(browser).send_keys(getattr(Keys, name)).perform()


def kept(served: Served, name: str = NAME) -> list[Edit]:
    return served.app_state.storage.load(name, (SIZE, SIZE)).edits


def is_shown(browser: Any) -> bool:
    return bool(browser.find_element("id", "accept").is_displayed())


def begin(browser: Any, mouse: Mouse, served: Served) -> None:
    """Open the image with a single thin dot inside."""
    open_page(browser, served.address, NAME)
    while text(browser, "width-value") != "3":
        press(browser, "[")
    browser.find_element("id", "clear").click()
    wait(lambda: strokes(browser) == 0)
    draw(browser, mouse, "left", (32, 32))


def test_a_suggestion_is_seen_accepted_and_undone_at_once(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    browser.find_element("id", "suggest").click()
    wait(lambda: is_shown(browser))
    said = text(browser, "suggestion")
    count = int(said.split()[0])
    assert said.startswith(f"{count} strokes, IoU about 0.96 (now 0.92): Enter accepts, Esc refuses")
    assert strokes(browser) == 1
    type_key(browser, "ENTER")  # the button Suggest has the focus
    wait(lambda: strokes(browser) == 1 + count)
    assert not is_shown(browser)
    assert "by the agent" in text(browser, "status")
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == 1)
    wait(lambda: len(kept(served)) == 1)


def test_a_suggestion_is_refused_by_key_and_by_button(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    for refuse in (lambda: type_key(browser, "ESCAPE"), lambda: browser.find_element("id", "refuse").click()):
        press(browser, "w")
        wait(lambda: is_shown(browser))
        refuse()
        wait(lambda: not is_shown(browser))
        assert strokes(browser) == 1


def test_a_stroke_discards_a_suggestion_and_enter_draws_again(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    press(browser, "w")
    wait(lambda: is_shown(browser))
    draw(browser, mouse, "right", (3, 3), (60, 3))
    wait(lambda: not is_shown(browser))
    press(browser, "ArrowUp", shiftKey=True)
    press(browser, "Enter")
    wait(lambda: text(browser, "message").startswith("Pen down"))
    press(browser, "Enter")
    wait(lambda: strokes(browser) == 3)
    assert {edit.by for edit in kept(served) if isinstance(edit, Stroke)} == {PERSON}


def test_ghost_strokes_are_painted_and_go_with_the_suggestion(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    browser.find_element("css selector", "[data-view=image]").click()
    script = "return document.getElementById('board').toDataURL()"
    press(browser, "w")
    wait(lambda: is_shown(browser))
    strokes_of_agent = browser.execute_script(script)
    press(browser, "Escape")
    wait(lambda: not is_shown(browser))
    wait(lambda: browser.execute_script(script) != strokes_of_agent)


def test_an_agent_that_expects_nothing_says_so(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    press(browser, "w")
    wait(lambda: is_shown(browser))
    press(browser, "Enter")
    wait(lambda: strokes(browser) > 1)
    press(browser, "w")
    wait(lambda: text(browser, "message") == "The agent expects no stroke of its own to help.")
    assert not is_shown(browser)


def test_another_agent_is_chosen_and_strokes_stay(browser: Any, mouse: Mouse, served: Served) -> None:
    begin(browser, mouse, served)
    choice = browser.find_element("id", "agent")
    options = choice.find_elements("tag name", "option")
    assert choice.get_attribute("value") == "random pens"
    assert {"any object: any-object", "faces: bc-faces"} <= {option.text for option in options}
    next(option for option in options if option.text.startswith("any object")).click()
    assert text(browser, "message") == "any-object is loading…"
    wait(lambda: text(browser, "message") == "any-object assists from now on.")
    wait(lambda: choice.is_enabled())
    assert served.app_state.agents.current.name == "any-object"
    assert strokes(browser) == 1
    draw(browser, mouse, "right", (3, 3), (60, 3))
    assert len(kept(served)) == 2
    open_page(browser, served.address, NAME)
    assert browser.find_element("id", "agent").get_attribute("value") == "any-object"
    served.app_state.agents.choose("random pens")  # as another window would
    wait(lambda: browser.find_element("id", "agent").get_attribute("value") == "random pens")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Served]:
    """A page of untouched images with an agent that estimates the IoU."""
    assistant = make_assistant(Reader(cropped_mask()), GAME)
    with serve(make_app_state(tmp_path, images=6, assistant=assistant)) as server:
        yield server


def thumbnails(browser: Any) -> list[str]:
    script = "return [...document.querySelectorAll('#thumbnails button')].map((button) => button.title)"
    found: list[str] = browser.execute_script(script)
    return found


def test_all_images_are_finished_and_the_worst_come_first(browser: Any, mouse: Mouse, folder: Served) -> None:
    open_page(browser, folder.address, "blob2.png")
    draw(browser, mouse, "left", (32, 32))  # the agent leaves this image alone
    browser.find_element("id", "finish-all").click()
    wait(lambda: text(browser, "message") == "5 images finished. The worst come first; Next to do opens them.")
    assert [edit.by for edit in kept(folder, "blob2.png") if isinstance(edit, Stroke)] == [PERSON]
    estimates = {name: folder.app_state.storage.estimates.of(name) for name in folder.app_state.images.names()}
    order = sorted(estimates, key=lambda name: 2 if (estimate := estimates[name]) is None else estimate)
    assert order[-2:] == [
        "blob0.png",
        "blob2.png",
    ]  # the one that the agent believes in, and the one without an estimate
    shown = thumbnails(browser)
    assert [title.split(":")[0] for title in shown] == order
    assert shown[0] == f"{order[0]}: begun, IoU about {estimates[order[0]]:.2f}"
    assert shown[-1] == "blob2.png: begun"
    press(browser, "u")
    wait(lambda: browser.current_url.endswith(f"#{order[0]}"))
    wait(lambda: "by the agent" in text(browser, "status"))
    press(browser, "p")
    draw(browser, mouse, "right", (32, 32), (32, 40))
    wait(lambda: thumbnails(browser)[0] != shown[0])
    corrected = folder.app_state.storage.estimates.of(order[0])
    assert corrected != estimates[order[0]]
    assert thumbnails(browser) == [f"{order[0]}: begun, IoU about {corrected:.2f}", *shown[1:]]  # at the same place
    press(browser, "d")
    wait(lambda: browser.current_url.endswith(f"#{order[1]}"))
    press(browser, "ArrowRight")
    wait(lambda: browser.current_url.endswith(f"#{order[2]}"))
    browser.find_element("css selector", "#strip-order option[value=folder]").click()
    wait(lambda: [title.split(":")[0] for title in thumbnails(browser)] == sorted(order))
    press(browser, "u")
    at = sorted(order).index(order[2])
    after = [*sorted(order)[at + 1 :], *sorted(order)[:at]]
    wait(lambda: browser.current_url.endswith(f"#{next(name for name in after if name != order[0])}"))


def test_work_on_all_images_is_followed_stopped_and_does_not_block_drawing(
    browser: Any, mouse: Mouse, tmp_path: Path
) -> None:
    gate = Gate()
    with serve(make_app_state(tmp_path, images=3, assistant=gate)) as served:
        open_page(browser, served.address, "blob2.png")
        browser.find_element("id", "finish-all").click()
        wait(lambda: text(browser, "finishing-count") == "0 of 3")
        draw(browser, mouse, "left", (32, 32))
        gate.images_left = 1
        wait(lambda: text(browser, "finishing-count") == "1 of 3")
        assert thumbnails(browser) == ["blob0.png: begun", "blob1.png: untouched", "blob2.png: begun"]
        open_page(browser, served.address, "blob2.png")  # a page that is loaded meanwhile follows it too
        wait(lambda: text(browser, "finish-all") == "Stop finishing")
        browser.find_element("id", "finish-all").click()
        gate.images_left = 9
        wait(lambda: "Stopped: 1 image of 3 finished." in text(browser, "message"))
        assert text(browser, "message").endswith("so the images stay in the order of the folder.")
        assert thumbnails(browser)[1] == "blob1.png: untouched"
        assert text(browser, "finish-all") == "Finish all images"
        browser.find_element("css selector", "#strip-order option[value=worst]").click()
        wait(lambda: text(browser, "message").startswith("No image has an estimate"))
        assert thumbnails(browser)[0] == "blob0.png: begun"


def test_there_is_something_to_finish_or_the_page_says_so(browser: Any, folder: Served) -> None:
    for name in folder.app_state.images.names():
        folder.app_state.storage.states.set(name, "done")
    open_page(browser, folder.address, "blob0.png")
    browser.find_element("id", "finish-all").click()
    wait(lambda: text(browser, "message") == "Every image has strokes already, or is done or skipped.")


@pytest.mark.skipif(AXE is None, reason="CUTOUT_RL_AXE names no axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_axe_finds_no_issue_in_a_suggestion_and_a_bar(
    browser: Any, mouse: Mouse, served: Served, width: int, scheme: str
) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    try:
        begin(browser, mouse, served)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        press(browser, "w")
        wait(lambda: is_shown(browser))
        browser.execute_script("document.getElementById('finishing').hidden = false")
        browser.execute_cdp_cmd("Runtime.evaluate", {"expression": Path(str(AXE)).read_text()})
        found = browser.execute_async_script("axe.run().then((result) => arguments[0](result))")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found["violations"] == [], json.dumps(found["violations"])[:2000]


@pytest.mark.parametrize("name", ["suggest", "finish-all", "agent", "accept", "refuse"])
def test_controls_are_large_enough_for_a_finger(browser: Any, mouse: Mouse, served: Served, name: str) -> None:
    try:
        begin(browser, mouse, served)
        screen = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        press(browser, "w")
        wait(lambda: is_shown(browser))
        size = browser.find_element("id", name).size
        assert min(size["width"], size["height"]) >= 44
    finally:
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
