"""Clicking on many images at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final

from cutout_rl.experiments.clicks.clicking import Method, click_on
from cutout_rl.experiments.clicks.image_group import ImageGroup
from cutout_rl.experiments.clicks.noc import ClickRow
from cutout_rl.experiments.records import Records

SECONDS_BETWEEN_WRITES: Final = 5.0


def play_method(
    name: str,
    method: Method,
    group: ImageGroup,
    max_clicks: int,
    threads: int,
    records: Records[ClickRow],
    advance: Callable[[], object],
) -> None:
    """Click on the images of a group that the records lack, and add their rows, in order.

    Segmenters, OpenCV and networks release Python's global interpreter lock, so that threads use every core. What was
    played is written every five seconds, and when an error or Ctrl-C ends it.

    Args:
        name: of the method.
        method: to click on; called on several threads, but on each image on one.
        group: the images.
        max_clicks: on each image.
        threads: how many images are played at once.
        records: of the study.
        advance: called after each image.
    """
    done = records.keys(2)
    waiting = [index for index, image in enumerate(group.names) if (name, image) not in done]

    def play(index: int) -> list[ClickRow]:
        results = click_on(method, group.load(index), max_clicks)
        return [
            ClickRow(name, group.names[index], number, iou, seconds)
            for number, (iou, seconds) in enumerate(zip(results.ious, results.seconds, strict=True), 1)
        ]

    played: list[ClickRow] = []
    written = monotonic()
    executor = ThreadPoolExecutor(threads)
    try:
        for rows in executor.map(play, waiting):
            played += rows
            advance()
            if monotonic() - written >= SECONDS_BETWEEN_WRITES:
                ready, played = played, []
                records.add(ready)
                written = monotonic()
    finally:
        executor.shutdown(cancel_futures=True)
        records.add(played)
