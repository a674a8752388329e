"""The agent on the page in Chromium: its suggestions, the choice of the agent, and all images of a folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from page_server import SIZE, Served, make_app_state, serve
from reader import Reader, cropped_mask
from test_page_browser import draw, press, strokes

from cutout_rl.experiments.page_latency.browser import (
    Mouse,
    connect_mouse,
    missing,
    open_browser,
    open_page,
    text,
    wait,
)
from cutout_rl.game.config import GameConfig
from cutout_rl.web.edits import PERSON, Edit, Stroke
from cutout_rl.web.reading_assistant import make_assistant

NAME = "blob0.png"
LACK = missing()
pytestmark = pytest.mark.skipif(LACK is not None, reason=str(LACK))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    assistant = make_assistant(Reader(cropped_mask()), GameConfig(image_size=SIZE, step_len=8, step_count=12))
    with serve(make_app_state(tmp_path_factory.mktemp("page"), assistant=assistant)) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def mouse(browser: Any) -> Iterator[Mouse]:
    with connect_mouse(browser) as held:
        yield held


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
    assert {"any object: any-object (30 moves)", "faces: bc-faces (30 moves)"} <= {option.text for option in options}
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
    served.app_state.agents.choose("random pens")  # in another window
    wait(lambda: browser.find_element("id", "agent").get_attribute("value") == "random pens")
