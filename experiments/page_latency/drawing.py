"""A person's strokes on the page, and how long each event of them waited for its mask."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image

from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.person import line
from cutout_rl.experiments.page_latency.browser import (
    Button,
    Mouse,
    hold_mouse,
    on_screen,
    open_browser,
    open_page,
    text,
    wait,
)
from cutout_rl.experiments.page_latency.server import serve
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

SPEED: Final = 400.0  # px of the screen a second, a hand's without haste
PAUSE: Final = 0.3  # s between two strokes
_WIDTH: Final = 9.0  # px, the page's pen until somebody changes it
_BUTTONS: Final[dict[str, Button]] = {"inside": "left", "outside": "right"}
_LISTEN: Final = "addEventListener('pointerup', (event) => (window.lifted = event.timeStamp), true)"
_MEASURED: Final = (
    "const all = performance.getEntriesByName('stroke to mask');"
    "if (!all.some(({startTime}) => startTime === window.lifted)) return null;"
    "performance.clearMeasures('stroke to mask');"
    "return all.map(({duration}) => duration)"
)


class Row(NamedTuple):
    """One event of a stroke, and the milliseconds until its mask was on the canvas."""

    learning: int
    image: str
    stroke: int
    button: str
    event: int
    milliseconds: float


def plan(sample: Sample, most: int) -> list[Stroke]:
    """Choose the strokes of a person who draws along the largest error of each mask, as many as are needed."""
    drawing = Drawing(sample.image, make_segmenter("graphcut"))
    while len(drawing.acts) < most and (stroke := line(drawing.mask(), sample)) is not None:
        drawing.do(replace(stroke, width=_WIDTH))
    return [act for act in drawing.acts if isinstance(act, Stroke)]


def write_images(samples: Sequence[Sample], folder: Path) -> None:
    """Write images and masks as the page opens them."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for sample in samples:
        Image.fromarray(sample.image).save(folder / "images" / f"{sample.name}.png")
        Image.fromarray(sample.mask.astype(np.uint8) * 255).save(folder / "masks" / f"{sample.name}.png")


def draw_all(folder: Path, plans: Mapping[str, Sequence[Stroke]], size: int, learning: bool) -> Iterator[list[Row]]:
    """Draw all strokes on the page's images, with its server and a browser of their own.

    Args:
        folder: of images and masks; what is drawn is kept there.
        plans: the strokes for each image.
        size: side of the images, in pixels.
        learning: whether the network begins to learn once the first image is drawn on.

    Yields:
        What was measured on an image; nothing for the first, on which everything is loaded and begun.
    """
    with serve(folder) as address, open_browser() as browser, hold_mouse(browser) as mouse:
        for number, (name, strokes) in enumerate(plans.items()):
            open_page(browser, address, f"{name}.png")
            browser.execute_script(_LISTEN)
            times = [_draw(browser, mouse, stroke, size) for stroke in strokes]
            if number:
                yield [
                    Row(int(learning), name, at, _BUTTONS[stroke.pen], event, round(took, 3))
                    for at, stroke in enumerate(strokes)
                    for event, took in enumerate(times[at])
                ]
                continue
            if learning:
                browser.find_element("id", "train").click()
                wait(lambda: "steps" in text(browser, "network-state"))
            yield []


def _draw(browser: Any, mouse: Mouse, stroke: Stroke, size: int) -> list[float]:
    """Draw one stroke and give the milliseconds of all its events."""
    mouse.drag(_BUTTONS[stroke.pen], on_screen(browser, size, stroke.points), SPEED)
    times: list[float] = wait(lambda: browser.execute_script(_MEASURED))
    time.sleep(PAUSE)
    return times
