"""The picture of the page in docs/page.md and README.md: `python docs/page_picture.py` (half a minute, Chromium)."""

import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from cutout_rl.experiments.page_latency.browser import connect_mouse, on_screen, open_browser, open_page, text, wait

IMAGE: Final = Path(__file__).parent / "images" / "page.png"
SIZE: Final = (1280, 800)  # px
SIDE: Final = 512  # px, of a rendered face
HEAD: Final = (("left", (240, 255), (280, 262)), ("right", (5, 12), (60, 12)))  # button, and (x, y) in px
CLOTHES: Final = (
    ("left", (60, 480), (180, 495)),
    ("left", (420, 505), (470, 500)),
    ("right", (10, 440), (140, 385)),
)
CLASSES: Final = {
    "classes": [
        {"id": 1, "name": "head", "colour": "#0072ff"},
        {"id": 2, "name": "clothes", "colour": "#c23a9b"},
    ]
}


def main() -> None:
    """Cut out two objects on the page, and save a picture of it."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "classes.json").write_text(json.dumps(CLASSES))
        command = [sys.executable, "-m", "cutout_rl.play", "--out", folder, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = next(filter(None, (re.search(r"http://\S+[^/\s]", line) for line in server.stdout))).group()
                picture = draw(address)
            finally:
                server.kill()
    picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE).save(IMAGE, optimize=True)


def draw(address: str) -> Image.Image:
    """Draw on the first face, and return a screenshot."""
    with open_browser() as browser, connect_mouse(browser) as mouse:
        screen = {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        open_page(browser, address, "faces-0000.png")
        for button, *corners in HEAD:
            mouse.drag(button, on_screen(browser, SIDE, corners), speed=400)
        wait(lambda: "2 strokes" in text(browser, "status"))
        browser.find_element("id", "add-object").click()
        wait(lambda: "0 strokes" in text(browser, "status"))
        browser.find_element("css selector", "#object-class [value='2']").click()
        for button, *corners in CLOTHES:
            mouse.drag(button, on_screen(browser, SIDE, corners), speed=400)
        wait(lambda: "3 strokes" in text(browser, "status") and "clothes 2" in text(browser, "objects"))
        # The masks of other objects follow shortly after the stroke.
        wait(lambda: browser.execute_script("return document.getElementById('message').className") == "")
        return Image.open(BytesIO(browser.get_screenshot_as_png()))


if __name__ == "__main__":
    main()
