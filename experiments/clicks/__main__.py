"""`python -m cutout_rl.experiments.clicks`: the click benchmark of interactive segmentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from rich.table import Table

from cutout_rl.data import DataSource, Sample, Split, open_source
from cutout_rl.data.reported_images import name_images, reported_images
from cutout_rl.experiments.clicks.click_methods import find_method
from cutout_rl.experiments.clicks.clicking import Method, click_on
from cutout_rl.experiments.clicks.noc import SHOWN, TARGETS, ClickRow, curves_by_method, summarise
from cutout_rl.experiments.clicks.noc_curves import draw_noc_curves
from cutout_rl.experiments.records import Records
from cutout_rl.experiments.terminal import progress_bars, wide_console
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Run the click benchmark of interactive segmentation.

    A simulated user clicks at the deepest error, at most 20 times; a missed target counts as 20 clicks. Void pixels are
    ignored. If interrupted, the same command resumes.
    """

    players: tuple[str, ...] = ("graphcut", "grabcut", "random-walker", "bc-faces")
    """Methods to click on: a segmenter; a pretrained agent, the folder of a run or a baseline; or MODULE:CALLABLE (see
    docs/clicks.md)."""
    data: str = "faces"
    """Images, as for cutout_rl.train."""
    masks: str | None = None
    """Kind of masks. Default: head, or masks."""
    skip_bad: bool = False
    """Skip and list the invalid pairs of a folder instead of stopping with an error."""
    splits: tuple[Split, ...] = ("test",)
    """Splits to evaluate on."""
    images: int = 100
    """Maximum number of images of each split."""
    first: int | None = None
    """Index of the first image in each split. Default: as for cutout_rl.evaluate."""
    size: int = 256
    """Side of the images, in pixels."""
    clicks: int = 20
    """Maximum number of clicks on an image; a missed target counts as many."""
    out: Path = Path("results/clicks")
    """Output folder: clicks.csv, summary.json and curves.png."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        if not self.players or not self.splits:
            raise CutOutError("--players and --splits must name at least one each.")
        if min(self.images, self.clicks) < 1:
            raise CutOutError("images and clicks must be at least 1.")

    def same_for_all(self) -> dict[str, Any]:
        """Return the flags that every row in the folder depends on, JSON-able."""
        varying = ("players", "out")
        return {name: value for name, value in vars(self).items() if name not in varying}


def main() -> None:
    """Parse the flags, click on the images, and print, write and draw the results."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.clicks")
    torch.set_num_threads(1)
    console = wide_console(130)
    methods = {name: find_method(name) for name in arguments.players}
    sources = {split: _open(split, arguments) for split in arguments.splits}
    images = {
        split: reported_images(arguments.data, split, len(source), arguments.images, arguments.first)
        for split, source in sources.items()
    }
    samples = [sources[split][index] for split, indices in images.items() for index in indices]
    records = Records(arguments.out / "clicks.csv", ClickRow, arguments.same_for_all())
    done = records.keys(2)
    with progress_bars(console) as progress:
        for name, method in methods.items():
            waiting = [sample for sample in samples if (name, sample.name) not in done]
            bar = progress.add_task(name, total=len(samples), completed=len(samples) - len(waiting))
            for sample in waiting:
                records.add(_click(name, method, sample, arguments.clicks))
                progress.advance(bar)
    curves = curves_by_method(row for row in records.rows if row.method in methods)
    summary = summarise(curves)
    write_json(arguments.out / "summary.json", summary)
    where = ", ".join(name_images(split, indices) for split, indices in images.items())
    title = f"{len(samples)} images of {arguments.data}" + (f", {arguments.masks}" if arguments.masks else "")
    title += f" ({where})"
    draw_noc_curves(curves, title, arguments.out / "curves.png")
    console.print(_table(summary, title, arguments.clicks))
    console.print(f"clicks, summary and curves: {arguments.out}")


def _open(split: Split, arguments: Arguments) -> DataSource:
    return open_source(arguments.data, split, arguments.size, arguments.masks, arguments.skip_bad)


def _click(name: str, method: Method, sample: Sample, max_clicks: int) -> list[ClickRow]:
    results = click_on(method, sample, max_clicks)
    return [
        ClickRow(name, sample.name, number, iou, seconds)
        for number, (iou, seconds) in enumerate(zip(results.ious, results.seconds, strict=True), 1)
    ]


def _table(summary: Sequence[dict[str, Any]], title: str, max_clicks: int) -> Table:
    targets = [round(100 * target) for target in TARGETS]
    table = Table(
        "player",
        title=f"Clicks on {title}",
        caption=f"NoC@T: mean clicks to an IoU of T %, a miss counted as {max_clicks}, with the 95 % bootstrap interval"
        " over images. missed: images that never reach it. IoU@k: after k clicks.",
        box=None,
    )
    shown = [k for k in SHOWN if k <= max_clicks]
    for heading in (*(f"NoC@{t}" for t in targets), f"missed {targets[-1]}", *(f"IoU@{k}" for k in shown), "s/click"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary:
        noc = (_with_interval(row, f"noc@{target}") for target in targets)
        ious = (f"{row[f'iou@{k}']:.3f}" for k in shown)
        missed = f"{row[f'failures@{targets[-1]}']}"
        table.add_row(row["method"], *noc, missed, *ious, f"{row['seconds_per_click']:.3f}")
    return table


def _with_interval(row: dict[str, Any], name: str) -> str:
    ends = row[f"{name}_interval"]
    return f"{row[name]:.2f}" + ("" if ends is None else f" ({ends[0]:.1f}-{ends[1]:.1f})")


if __name__ == "__main__":
    run_command(main)
