"""`python -m cutout_rl.experiments.clicks`: how many clicks each method needs, by the rules of interactive segmentation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.experiments.clicks.figure import draw_curves
from cutout_rl.experiments.clicks.methods import find_method
from cutout_rl.experiments.clicks.results import SHOWN, TARGETS, Row, curves_of, summarise
from cutout_rl.experiments.clicks.robot import Method, play
from cutout_rl.experiments.records import read_rows, require_same_flags, write_rows
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Arguments:
    """Click on images as the published evaluations of interactive segmentation do, and count the clicks.

    Each click goes into the middle of the largest error, 20 at most; an image on which a target is missed counts 20.
    Void pixels count nowhere. Started again, it goes on where it stopped.
    """

    players: tuple[str, ...] = ("graphcut", "grabcut", "random-walker", "bc-faces")
    """What is clicked on: a segmenter, a pretrained agent, the folder of a run or a scripted player, which go on from
    the clicks, or MODULE:CALLABLE (see docs/clicks.md)."""
    data: str = "faces"
    """Images, as cutout_rl.train takes them."""
    masks: str | None = None
    """Which masks. Default: head, or masks."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    splits: tuple[Split, ...] = ("test",)
    """Which splits of the images."""
    images: int = 100
    """Most images of each split."""
    size: int = 256
    """Side of the images, in pixels."""
    clicks: int = 20
    """Most clicks on an image, and what a miss counts."""
    out: Path = Path("results/clicks")
    """Folder of clicks.csv, summary.json and curves.png."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before anything is clicked on.

        Raises:
            CutOutError: a value does not fit.
        """
        if not self.players or not self.splits:
            raise CutOutError("--players and --splits must give at least one.")
        if min(self.images, self.clicks) < 1:
            raise CutOutError("images and clicks must be at least 1.")

    def same_for_all(self) -> dict[str, Any]:
        """Give what every row in the folder depends on, JSON-able."""
        varying = ("players", "out")
        values = {name: value for name, value in vars(self).items() if name not in varying}
        return values | {"splits": list(self.splits)}


def main() -> None:
    """Parse the flags, click, and print, write and draw what came out."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.clicks")
    torch.set_num_threads(1)
    # Rows of a table are of no use cut short, in a narrow terminal or a file.
    console = Console(width=max(Console().width, 130))
    methods = {name: find_method(name) for name in arguments.players}
    samples = [sample for split in arguments.splits for sample in _samples(split, arguments)]
    require_same_flags(arguments.out, arguments.same_for_all())
    file = arguments.out / "clicks.csv"
    rows = read_rows(file, Row)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        for name, method in methods.items():
            done = {row.image for row in rows if row.method == name}
            bar = progress.add_task(name, total=len(samples), completed=len(done))
            for sample in samples:
                if sample.name not in done:
                    rows += _click(name, method, sample, arguments.clicks)
                    write_rows(file, rows, Row)
                    progress.advance(bar)
    curves = curves_of(row for row in rows if row.method in methods)
    summary = summarise(curves)
    write_json(arguments.out / "summary.json", summary)
    title = f"{len(samples)} images of {arguments.data}" + (f", {arguments.masks}" if arguments.masks else "")
    draw_curves(curves, title, arguments.out / "curves.png")
    console.print(_table(summary, title, arguments.clicks))
    console.print(f"clicks, summary and curves: {arguments.out}")


def _samples(split: Split, arguments: Arguments) -> Iterable[Sample]:
    source = open_source(arguments.data, split, arguments.size, arguments.masks, arguments.skip_bad)
    return (source[index] for index in range(min(arguments.images, len(source))))


def _click(name: str, method: Method, sample: Sample, most: int) -> list[Row]:
    played = play(method, sample, most)
    return [
        Row(name, sample.name, number, iou, seconds)
        for number, (iou, seconds) in enumerate(zip(played.ious, played.seconds, strict=True), 1)
    ]


def _table(summary: Sequence[dict[str, Any]], title: str, most: int) -> Table:
    targets = [round(100 * target) for target in TARGETS]
    table = Table(
        "player",
        title=f"Clicks on {title}",
        caption=f"NoC@T: clicks until IoU T %, {most} where it was missed, with its 95 % bootstrap interval over the"
        " images. missed: images on which it was. IoU@k: after k clicks.",
        box=None,
    )
    shown = [k for k in SHOWN if k <= most]
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
