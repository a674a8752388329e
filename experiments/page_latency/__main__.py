"""`python -m cutout_rl.experiments.page_latency`: the latency from a stroke to its mask, on the page in a browser."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
from rich.table import Table

from cutout_rl.data import FACES, open_source
from cutout_rl.experiments.page_latency.browser import missing
from cutout_rl.experiments.page_latency.timed_strokes import EventRow, draw_all, plan, write_images
from cutout_rl.experiments.records import write_rows
from cutout_rl.experiments.terminal import progress_bars, wide_console
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Range


@dataclass(frozen=True)
class Arguments:
    """Draw on the page with both mouse buttons, and measure the time from every event of a stroke to its mask.

    Server and Chromium run as they do for a user. A first, additional image warms them up and is not counted.
    """

    size: Annotated[int, Range(64, 4096)] = 512
    """Side of the images, in pixels; images above 512 px are segmented at 512 px."""
    images: Count = 12
    """Number of images, which are rendered faces."""
    strokes: Count = 6
    """Maximum number of strokes on an image; fewer if the mask has no error left."""
    learn: bool = False
    """Repeat all strokes while the network trains."""
    out: Path = Path("results/page_latency")
    """Output folder: events.csv and summary.json."""


def main() -> None:
    """Parse the flags, draw, and print and write the times."""
    arguments = parse_arguments(Arguments, "experiments.page_latency")
    if (message := missing()) is not None:
        raise CutOutError(message)
    console = wide_console(100)
    source = open_source(FACES, "test", arguments.size)
    rows: list[EventRow] = []
    with progress_bars(console) as progress:
        samples = [source[i] for i in progress.track(range(arguments.images + 1), description="rendering images")]
        planned = progress.track(samples, description="planning strokes")
        plans = {sample.name: plan(sample, arguments.strokes) for sample in planned}
        for learning in (False, True)[: 1 + arguments.learn]:
            with TemporaryDirectory() as folder:
                write_images(samples, Path(folder))
                drawn = draw_all(Path(folder), plans, arguments.size, learning)
                what = "drawing while the network trains" if learning else "drawing"
                for new in progress.track(drawn, total=len(plans), description=what):
                    rows += new
    summary = {
        **{"size": arguments.size, "images": arguments.images, "cores": os.cpu_count()},
        **{"load": round(os.getloadavg()[0], 2), "times": summarise(rows)},
    }
    write_rows(arguments.out / "events.csv", rows, EventRow)
    write_json(arguments.out / "summary.json", summary)
    console.print(_table(summary))


def summarise(rows: Sequence[EventRow]) -> list[dict[str, Any]]:
    """Return median, 95th percentile and maximum in ms, and the numbers of strokes and events, by `learning`."""
    found = []
    for learning in sorted({row.learning for row in rows}):
        own = [row for row in rows if row.learning == learning]
        times = [row.milliseconds for row in own]
        median, high = (round(float(value), 2) for value in np.percentile(times, (50, 95)))
        strokes = len({(row.image, row.stroke) for row in own})
        counts = {"strokes": strokes, "events": len(own)}
        found.append({"learning": bool(learning), **counts, "median": median, "p95": high, "most": max(times)})
    return found


def _table(summary: dict[str, Any]) -> Table:
    about = "{images} images of {size} px; {cores} cores, load {load}".format_map(summary)
    table = Table(
        *("network", "strokes", "events", "median", "95th percentile", "maximum"),
        title="Milliseconds from a stroke's event to its mask on the canvas",
        caption=about,
        box=None,
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for row in summary["times"]:
        times = (f"{row[name]:.1f}" for name in ("median", "p95", "most"))
        table.add_row("training" if row["learning"] else "off", f"{row['strokes']}", f"{row['events']}", *times)
    return table


if __name__ == "__main__":
    run_command(main)
