"""A person undoes and redoes across images."""

from pathlib import Path
from typing import Any

from page_server import SIZE, make_app_state, serve
from test_page_browser import press

from cutout_rl.experiments.page_latency.browser import Mouse, on_screen, open_page, text, wait
from cutout_rl.web.edits import Edit


def test_undo_goes_back_to_the_image_of_the_last_change(browser: Any, mouse: Mouse, tmp_path: Path) -> None:
    def said() -> str:
        return str(browser.find_element("id", "message").get_attribute("textContent"))

    def kept() -> list[Edit]:
        return served.app_state.storage.load("blob0.png", (SIZE, SIZE)).edits

    def redo() -> bool:
        browser.find_element("id", "redo").click()  # without effect until the image is open
        return "; 1 stroke" in text(browser, "status")

    with serve(make_app_state(tmp_path, images=2)) as served:
        open_page(browser, served.address, "blob0.png")
        mouse.drag("left", on_screen(browser, SIZE, [(20, 32), (40, 32)]), speed=4000)
        wait(lambda: len(kept()) == 1 and "; 1 stroke" in text(browser, "status"))
        press(browser, "ArrowRight")
        wait(lambda: "; 0 strokes" in text(browser, "status"))
        assert browser.current_url.endswith("#blob1.png")
        assert browser.find_element("id", "undo").is_enabled()
        press(browser, "z", ctrlKey=True)
        wait(lambda: kept() == [])
        wait(lambda: said() == "The last change was made in blob0.png; it is undone there.")
        assert browser.current_url.endswith("#blob0.png")
        wait(lambda: not browser.find_element("id", "undo").is_enabled())
        press(browser, "ArrowRight")
        wait(redo)
        assert said() == "The last change was made in blob0.png; it is made again there."
        assert browser.current_url.endswith("#blob0.png")
        browser.get("about:blank")  # else the page misses its server when that ends
