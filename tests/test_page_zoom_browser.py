"""A person zooms into a large image on the page, draws, and exports what is on the screen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import Served, make_app_state, serve
from PIL import Image
from test_page_browser import press
from test_page_zoom import COARSE, HEIGHT, IMAGE, SEGMENTER, TRUTH, WIDTH, WINDOW, fine_strokes

from cutout_rl.experiments.page_latency.browser import (
    Button,
    Mouse,
    open_page,
    text,
    wait,
)
from cutout_rl.web.edits import Stroke
from cutout_rl.web.objects import ImageRecord, ObjectInfo

STEPS = 8  # of zooming in
SHIFT = 300  # px of the image by which it is moved to the left, so that the disc's right edge is seen


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    state = make_app_state(tmp_path, images=1)
    buffer = BytesIO()
    Image.fromarray(IMAGE).save(buffer, "PNG", compress_level=1)
    state.images.add("large.png", buffer.getvalue())
    state.agents.current = replace(state.agents.current, segmenter=SEGMENTER)
    with serve(state) as server:
        yield server


class Board:
    """The board on the screen, zoomed about its centre and moved."""

    def __init__(self, browser: Any) -> None:
        """Read its place."""
        self.left, self.top, self.width, self.height = browser.execute_script(
            "const {x, y, width, height} = document.getElementById('board').getBoundingClientRect();"
            "return [x, y, width, height]"
        )
        self.zoom = min((self.width - 24) / WIDTH, (self.height - 24) / HEIGHT)
        self.moved = 0.0  # px of the image

    def at(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Convert pixels of the image to the screen."""
        return [
            (
                self.left + self.width / 2 + (x - WIDTH / 2 - self.moved) * self.zoom,
                self.top + self.height / 2 + (y - HEIGHT / 2) * self.zoom,
            )
            for x, y in points
        ]


def zoom_in(browser: Any, board: Board) -> None:
    """Zoom to the disc's right edge."""
    for _ in range(STEPS):
        press(browser, "+")
    board.zoom *= 1.25**STEPS
    browser.execute_script(
        "const board = document.getElementById('board');"
        "const event = (type, buttons, movementX) => board.dispatchEvent(new PointerEvent(type,"
        " {pointerId: 1, button: 1, buttons, movementX, bubbles: true}));"
        "board.setPointerCapture = () => {};"
        "event('pointerdown', 4, 0); event('pointermove', 4, arguments[0]); event('pointerup', 0, 0);",
        -SHIFT * board.zoom,
    )
    board.moved = SHIFT


def levels(browser: Any, places: Sequence[tuple[float, float]]) -> list[int]:
    """Return the brightest of red, green and blue at places of the screen."""
    return browser.execute_script(  # type: ignore[no-any-return]
        "const board = document.getElementById('board'), box = board.getBoundingClientRect();"
        "const ratio = board.width / box.width, context = board.getContext('2d');"
        "return arguments[0].map(([x, y]) => Math.max(...context.getImageData("
        "Math.floor((x - box.x) * ratio), Math.floor((y - box.y) * ratio), 1, 1).data.slice(0, 3)))",
        list(places),
    )


def test_objects_that_are_not_selected_are_seen_as_they_are_exported(browser: Any, served: Served) -> None:
    upper = (Stroke("inside", 30, ((1500, 1300), (1700, 1300))), Stroke("outside", 30, ((60, 60), (1940, 60))))
    tagged = tuple((2, edit) for edit in upper) + tuple((1, edit) for edit in (*COARSE, *fine_strokes(WINDOW)))
    record = ImageRecord((ObjectInfo(2), ObjectInfo(1)), tagged)
    served.app_state.storage.save("large.png", (HEIGHT, WIDTH), record)
    open_page(browser, served.address, "large.png")
    browser.find_element("xpath", "//*[@id='objects']//button[contains(., '2')]").click()
    wait(lambda: "2 strokes" in text(browser, "status"))
    board = Board(browser)
    zoom_in(browser, board)
    press(browser, "4")  # the masks alone
    status, data = served.post("/export?kind=objects&name=large.png", Origin=served.address)
    assert status == 200
    numbers = np.asarray(Image.open(BytesIO(data)))
    columns = range(1200, 1400)  # across slit and edge
    row = numbers[733, 1200:1400] > 0
    assert 0 < np.count_nonzero(row) < len(row)
    wait(lambda: np.array_equal(np.array(levels(browser, board.at([(x + 0.5, 733.5) for x in columns]))) > 0, row))
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    browser.get("about:blank")  # else the page misses its server when that ends


def test_a_phone_shows_the_page_in_its_width(browser: Any, served: Served) -> None:
    served.app_state.storage.save("large.png", (HEIGHT, WIDTH), ImageRecord.of([*COARSE, *fine_strokes(WINDOW)]))
    try:
        metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        open_page(browser, served.address, "large.png")
        wait(lambda: "6 strokes" in text(browser, "status"))
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get("about:blank")


def test_a_person_zooms_in_and_draws(browser: Any, mouse: Mouse, served: Served) -> None:
    def strokes() -> int:
        return int(text(browser, "status").split("; ")[1].split()[0])

    def draw(button: Button, *points: tuple[float, float]) -> None:
        before = strokes()
        mouse.drag(button, board.at(points), speed=2000)
        wait(lambda: strokes() == before + 1)

    def kept() -> list[Any]:
        return served.app_state.storage.load("large.png", (HEIGHT, WIDTH)).edits

    def exported() -> np.ndarray:
        status, data = served.post("/export?kind=mask&name=large.png", Origin=served.address)
        assert status == 200
        return np.asarray(Image.open(BytesIO(data))) > 0

    open_page(browser, served.address, "large.png")
    board = Board(browser)
    draw("left", (700, 750), (1100, 760))
    draw("right", (60, 60), (1940, 60), (1940, 1440))
    coarse = exported()
    assert [edit.window for edit in kept()] == [None, None]
    zoom_in(browser, board)
    draw("right", (1240, 750), (1310, 750))
    draw("left", (1352, 750), (1440, 750))
    wait(lambda: len(kept()) == 4)
    *first, right, left = kept()
    assert (right.pen, left.pen) == ("outside", "inside")
    assert isinstance(right, Stroke)
    assert right.window == left.window  # the same view
    assert right.window is not None
    assert right.window.width < WIDTH / 2
    assert right.width == pytest.approx(first[0].width / 1.25**STEPS, abs=0.01)  # the same on the screen
    mask = exported()
    part = right.window.slices()
    assert np.count_nonzero(mask[part] != TRUTH[part]) < np.count_nonzero(coarse[part] != TRUTH[part])
    press(browser, "4")  # the mask alone
    columns = [(x + 0.5, 733.5) for x in range(1200, 1400)]  # beside the strokes, across slit and edge
    row = mask[733, 1200:1400]

    wait(lambda: np.array_equal(np.array(levels(browser, board.at(columns))) > 127, row))
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
