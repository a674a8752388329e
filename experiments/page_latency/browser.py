"""Headless Chromium driven by selenium: the page, and a mouse that draws on its board."""

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

EVENTS_A_SECOND: Final = 125  # of a typical mouse
_FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1000,720"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
_PATIENCE: Final = 300.0  # s; long enough for a loaded machine


def missing() -> str | None:
    """Return an error message if the browser or a package to drive it is missing, else None."""
    for name in ("selenium", "websockets"):
        if find_spec(name) is None:
            return f"{name}, which drives the browser, is not installed; run pip install 'cutout-rl[test]'."
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return "chromium or chromedriver is not installed; run apt-get install chromium-driver."
    return None


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start Chromium, and quit it at the end.

    Raises:
        CutOutError: the browser or a package to drive it is missing.
    """
    if (message := missing()) is not None:
        raise CutOutError(message)
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


def wait(condition: Callable[[], Found]) -> Found:
    """Wait until a condition returns a true value, and return the value.

    Raises:
        CutOutError: five minutes have passed.
    """
    end = time.monotonic() + _PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise CutOutError("The page does not respond; see the output of its server.")
        time.sleep(0.02)
    return found


def text(browser: Any, name: str) -> str:
    """Return the text of an element of the page."""
    return str(browser.find_element("id", name).text)


def open_page(browser: Any, address: str, name: str) -> None:
    """Load the page with an image, and wait until it is ready for strokes."""
    browser.get("about:blank")
    browser.get(f"{address}/#{name}")
    wait(lambda: "cut at" in text(browser, "status"))


def on_screen(browser: Any, size: int, corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Convert pixels of a square image that fits the board to coordinates on the screen."""
    left, top, width, height = browser.execute_script(
        "const {x, y, width, height} = document.getElementById('board').getBoundingClientRect();"
        "return [x, y, width, height]"
    )
    zoom = min(width - 24, height - 24) / size
    return [
        (left + (width - size * zoom) / 2 + x * zoom, top + (height - size * zoom) / 2 + y * zoom) for x, y in corners
    ]


class Mouse:
    """The browser's mouse, controlled over the debugging connection.

    WebDriver waits for a rendered frame after every movement. A user does not, so this mouse does not either: a late
    event does not delay the next ones.
    """

    def __init__(self, connection: "ClientConnection") -> None:
        """Control the mouse over a connection to the page in front."""
        self._connection = connection

    def drag(self, button: Button, corners: Sequence[tuple[float, float]], speed: float) -> None:
        """Drag along corners on the screen with a button held down, and wait until the page has received all events.

        Args:
            button: "left" or "right".
            corners: (x, y) in pixels of the screen, at least one.
            speed: pixels of the screen per second; 125 events are sent per second.
        """
        held = {"left": 1, "right": 2}[button]
        first, *others = sample_path(corners, speed / EVENTS_A_SECOND)
        events = [("mousePressed", first, held), *(("mouseMoved", at, held) for at in others)]
        start = time.perf_counter()
        for number, (kind, (x, y), buttons) in enumerate([*events, ("mouseReleased", corners[-1], 0)]):
            time.sleep(max(0.0, start + number / EVENTS_A_SECOND - time.perf_counter()))
            event = {"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1}
            self._connection.send(json.dumps({"id": number, "method": "Input.dispatchMouseEvent", "params": event}))
        while json.loads(self._connection.recv(_PATIENCE)).get("id") != number:
            pass


@contextmanager
def connect_mouse(browser: Any) -> Iterator[Mouse]:
    """Connect to the mouse of a browser."""
    from websockets.sync.client import connect

    debugger = browser.capabilities["goog:chromeOptions"]["debuggerAddress"]
    with connect(f"ws://{debugger}/devtools/page/{browser.current_window_handle}", compression=None) as connection:
        yield Mouse(connection)


def sample_path(corners: Sequence[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Return points at most `step` pixels apart along the lines between corners, the first and the last included."""
    places = np.array(corners, np.float64)
    travelled = np.concatenate([[0.0], np.hypot(*np.diff(places, axis=0).T).cumsum()])
    distances = np.linspace(0, travelled[-1], 1 + math.ceil(travelled[-1] / step))
    return [
        (float(x), float(y)) for x, y in zip(*(np.interp(distances, travelled, side) for side in places.T), strict=True)
    ]
