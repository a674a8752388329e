"""Chromium without a window, by selenium: the page in it, and a mouse that draws on its board."""

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np

from cutout_rl.utils.errors import CutOutError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

Button = Literal["left", "right"]
Found = TypeVar("Found")

EVENTS_A_SECOND: Final = 125  # of a common mouse
_FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1000,720"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
_PATIENCE: Final = 300.0  # s; only a fault takes so long, however loaded the machine


def missing() -> str | None:
    """Say in a sentence what a browser lacks to be driven here; None where nothing is missing."""
    for name in ("selenium", "websockets"):
        if find_spec(name) is None:
            return f"The browser is driven by {name}, which is missing; install it by pip install 'cutout-rl[test]'."
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return "There is no chromium and chromedriver; apt-get install chromium-driver."
    return None


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start Chromium, and end it.

    Raises:
        CutOutError: something is missing.
    """
    if (lack := missing()) is not None:
        raise CutOutError(lack)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with TemporaryDirectory() as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(shutil.which("chromedriver"))))
        browser.set_script_timeout(60)
        try:
            yield browser
        finally:
            browser.quit()


def wait(true: Callable[[], Found]) -> Found:
    """Wait until something holds or is found, and give it.

    Raises:
        CutOutError: it has not come to hold in five minutes.
    """
    end = time.monotonic() + _PATIENCE
    while not (found := true()):
        if time.monotonic() > end:
            raise CutOutError("The page does not answer; look at what its server says.")
        time.sleep(0.02)
    return found


def text(browser: Any, name: str) -> str:
    """Give the text of an element of the page."""
    return str(browser.find_element("id", name).text)


def open_page(browser: Any, address: str, name: str) -> None:
    """Open the page on an image, anew, and wait until it can be drawn on."""
    browser.get("about:blank")
    browser.get(f"{address}/#{name}")
    wait(lambda: "cut at" in text(browser, "status"))


def on_screen(browser: Any, size: int, corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Say where pixels of a square image of that side are on the screen, while all of it fits the board."""
    left, top, width, height = browser.execute_script(
        "const {x, y, width, height} = document.getElementById('board').getBoundingClientRect();"
        "return [x, y, width, height]"
    )
    zoom = min(width - 24, height - 24) / size
    return [
        (left + (width - size * zoom) / 2 + x * zoom, top + (height - size * zoom) / 2 + y * zoom) for x, y in corners
    ]


class Mouse:
    """The browser's own mouse, told what it does over the browser's debugging connection.

    WebDriver would wait for a picture on the screen after every movement; a hand does not, so neither does this, and
    an event that is late to be dealt with delays none of those that follow.
    """

    def __init__(self, connection: "ClientConnection") -> None:
        """Take a connection to the page that is in front."""
        self._connection = connection

    def drag(self, button: Button, corners: Sequence[tuple[float, float]], speed: float) -> None:
        """Draw with a button held down along corners on the screen, and wait until the page knows of it.

        Args:
            button: "left" or "right".
            corners: (x, y) in pixels of the screen, one at least.
            speed: pixels of the screen a second; the page is told 125 times a second where the mouse is.
        """
        held = {"left": 1, "right": 2}[button]
        first, *others = way(corners, speed / EVENTS_A_SECOND)
        events = [("mousePressed", first, held), *(("mouseMoved", at, held) for at in others)]
        start = time.perf_counter()
        for number, (kind, (x, y), buttons) in enumerate([*events, ("mouseReleased", corners[-1], 0)]):
            time.sleep(max(0.0, start + number / EVENTS_A_SECOND - time.perf_counter()))
            event = {"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1}
            self._connection.send(json.dumps({"id": number, "method": "Input.dispatchMouseEvent", "params": event}))
        while json.loads(self._connection.recv(_PATIENCE)).get("id") != number:
            pass


@contextmanager
def hold_mouse(browser: Any) -> Iterator[Mouse]:
    """Take the mouse of a browser."""
    from websockets.sync.client import connect

    debugger = browser.capabilities["goog:chromeOptions"]["debuggerAddress"]
    with connect(f"ws://{debugger}/devtools/page/{browser.current_window_handle}", compression=None) as connection:
        yield Mouse(connection)


def way(corners: Sequence[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Give the first corner, and points every so many pixels along the lines between all, the last included."""
    places = np.array(corners, np.float64)
    travelled = np.concatenate([[0.0], np.hypot(*np.diff(places, axis=0).T).cumsum()])
    told = np.linspace(0, travelled[-1], 1 + math.ceil(travelled[-1] / step))
    return [(float(x), float(y)) for x, y in zip(*(np.interp(told, travelled, side) for side in places.T), strict=True)]
