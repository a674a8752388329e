"""`python -m cutout_rl.experiments.page_latency`: how long a stroke waits for its mask, on the page in a browser."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cutout_rl.data import FACES, open_source
from cutout_rl.experiments.page_latency.browser import missing
from cutout_rl.experiments.page_latency.drawing import Row, draw_all, plan, write_images
from cutout_rl.experiments.records import write_rows
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Draw on the page with both buttons of a mouse, and tell how long every event of a stroke waits for its mask.

    Server and Chromium run as they do for a person. An image more is drawn on first, and not counted.
    """

    size: int = 512
    """Side of the images, in pixels; larger ones than 512 are cut at 512."""
    images: int = 12
    """Images to draw on, rendered faces."""
    strokes: int = 6
    """Most strokes on an image; fewer where nothing is left to correct."""
    learn: bool = False
    """Draw everything a second time, while the network learns."""
    out: Path = Path("results/page_latency")
    """Folder of events.csv and summary.json."""

    def __post_init__(self) -> None:
        """Refuse what does not fit.

        Raises:
            CutOutError: a value does not fit.
        """
        if min(self.images, self.strokes) < 1 or self.size < 64:
            raise CutOutError("images and strokes must be at least 1, and size at least 64.")


def main() -> None:
    """Parse the flags, draw, and print and write the times."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.page_latency")
    if (lack := missing()) is not None:
        raise CutOutError(lack)
    # Rows of a table are of no use cut short, in a narrow terminal or a file.
    console = Console(width=max(Console().width, 100))
    source = open_source(FACES, "test", arguments.size)
    rows: list[Row] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        samples = [source[i] for i in progress.track(range(arguments.images + 1), description="rendering images")]
        planned = progress.track(samples, description="planning strokes")
        plans = {sample.name: plan(sample, arguments.strokes) for sample in planned}
        for learning in (False, True)[: 1 + arguments.learn]:
            with TemporaryDirectory() as folder:
                write_images(samples, Path(folder))
                drawn = draw_all(Path(folder), plans, arguments.size, learning)
                what = "drawing while the network learns" if learning else "drawing"
                for new in progress.track(drawn, total=len(plans), description=what):
                    rows += new
    summary = {
        **{"size": arguments.size, "images": arguments.images, "cores": os.cpu_count()},
        **{"load": round(os.getloadavg()[0], 2), "times": summarise(rows)},
    }
    write_rows(arguments.out / "events.csv", rows, Row)
    write_json(arguments.out / "summary.json", summary)
    console.print(_table(summary))


def summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give median, 95th percentile and maximum in ms, and how many strokes and events, with and without learning."""
    found = []
    for learning in sorted({row.learning for row in rows}):
        mine = [row for row in rows if row.learning == learning]
        times = [row.milliseconds for row in mine]
        median, high = (round(float(value), 2) for value in np.percentile(times, (50, 95)))
        strokes = len({(row.image, row.stroke) for row in mine})
        counts = {"strokes": strokes, "events": len(mine)}
        found.append({"learning": bool(learning), **counts, "median": median, "p95": high, "most": max(times)})
    return found


def _table(summary: dict[str, Any]) -> Table:
    about = "{images} images of {size} px; {cores} cores, load {load}".format_map(summary)
    table = Table(
        *("network", "strokes", "events", "median", "95th percentile", "most"),
        title="Milliseconds from a stroke's event to its mask on the canvas",
        caption=about,
        box=None,
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for row in summary["times"]:
        times = (f"{row[name]:.1f}" for name in ("median", "p95", "most"))
        table.add_row("learning" if row["learning"] else "off", f"{row['strokes']}", f"{row['events']}", *times)
    return table


if __name__ == "__main__":
    run_command(main)
