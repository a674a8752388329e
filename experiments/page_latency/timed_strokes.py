"""A user's strokes on the page, and the time from each event to its mask."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image

from cutout_rl.data import Sample
from cutout_rl.experiments.page_latency.browser import (
    Button,
    Mouse,
    connect_mouse,
    on_screen,
    open_browser,
    open_page,
    text,
    wait,
)
from cutout_rl.experiments.page_latency.server_process import serve
from cutout_rl.experiments.simulated_users.corrections import draw_line
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

SPEED: Final = 400.0  # px of the screen per second, an unhurried hand
PAUSE: Final = 0.3  # s between two strokes
_WIDTH: Final = 9.0  # px, the default of the page
_BUTTONS: Final[dict[str, Button]] = {"inside": "left", "outside": "right"}
_LISTEN: Final = "addEventListener('pointerup', (event) => (window.lifted = event.timeStamp), true)"
_MEASURED: Final = (
    "const all = performance.getEntriesByName('stroke to mask');"
    "if (!all.some(({startTime}) => startTime === window.lifted)) return null;"
    "performance.clearMeasures('stroke to mask');"
    "return all.map(({duration}) => duration)"
)


class EventRow(NamedTuple):
    """One event of a stroke, and the milliseconds until its mask was on the canvas."""

    learning: int
    image: str
    stroke: int
    button: str
    event: int
    milliseconds: float


def plan(sample: Sample, max_strokes: int) -> list[Stroke]:
    """Return the strokes of a simulated user who draws along the largest error until the mask has none."""
    drawing = Drawing(sample.image, make_segmenter("graphcut"))
    while len(drawing.edits) < max_strokes and (stroke := draw_line(drawing.mask(), sample)) is not None:
        drawing.apply(replace(stroke, width=_WIDTH))
    return [edit for edit in drawing.edits if isinstance(edit, Stroke)]


def write_images(samples: Sequence[Sample], folder: Path) -> None:
    """Write images and masks as a folder that the page can open."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for sample in samples:
        Image.fromarray(sample.image).save(folder / "images" / f"{sample.name}.png")
        Image.fromarray(sample.mask.astype(np.uint8) * 255).save(folder / "masks" / f"{sample.name}.png")


def draw_all(
    folder: Path, plans: Mapping[str, Sequence[Stroke]], size: int, learning: bool
) -> Iterator[list[EventRow]]:
    """Draw all strokes on the page, with its own server and browser.

    Args:
        folder: of images and masks, in which the page saves the strokes.
        plans: the strokes for each image.
        size: side of the images, in pixels.
        learning: whether to start the network's training after the first image.

    Yields:
        The rows of an image; none for the first image, which is the warm-up.
    """
    with serve(folder) as address, open_browser() as browser, connect_mouse(browser) as mouse:
        for number, (name, strokes) in enumerate(plans.items()):
            open_page(browser, address, f"{name}.png")
            browser.execute_script(_LISTEN)
            times = [_draw(browser, mouse, stroke, size) for stroke in strokes]
            if number:
                yield [
                    EventRow(int(learning), name, i, _BUTTONS[stroke.pen], event, round(milliseconds, 3))
                    for i, stroke in enumerate(strokes)
                    for event, milliseconds in enumerate(times[i])
                ]
                continue
            if learning:
                browser.find_element("css selector", "#learning summary").click()
                browser.find_element("id", "train").click()
                wait(lambda: "steps" in text(browser, "network-state"))
            yield []


def _draw(browser: Any, mouse: Mouse, stroke: Stroke, size: int) -> list[float]:
    """Draw one stroke and return the milliseconds of all its events."""
    mouse.drag(_BUTTONS[stroke.pen], on_screen(browser, size, stroke.points), SPEED)
    times: list[float] = wait(lambda: browser.execute_script(_MEASURED))
    time.sleep(PAUSE)
    return times
