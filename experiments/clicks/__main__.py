"""`python -m cutout_rl.experiments.clicks`: the click benchmark of interactive segmentation."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from cutout_rl.data import Split
from cutout_rl.experiments.clicks.click_methods import find_method
from cutout_rl.experiments.clicks.click_tables import literature_table, results_table
from cutout_rl.experiments.clicks.image_group import ImageGroup, images_of_set, images_of_source
from cutout_rl.experiments.clicks.noc import ClickRow, curves_by_method, summarise
from cutout_rl.experiments.clicks.noc_curves import draw_noc_curves
from cutout_rl.experiments.clicks.playing import play_method
from cutout_rl.experiments.clicks.published_sets import SETS, open_published
from cutout_rl.experiments.records import Records
from cutout_rl.experiments.terminal import progress_bars, wide_console
from cutout_rl.game.rules import ImageSide
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Index

DEFAULT_IMAGES: Final = 100


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
    published: Path | None = None
    """Folder with the published sets, GrabCut, Berkeley, DAVIS and COCO_MVal, as RITM's repository lays them out (see
    docs/clicks.md): they are clicked on at their own size, in place of --data."""
    sets: tuple[str, ...] = ()
    """Published sets to click on. Default: all that are in the folder."""
    prior: str | None = None
    """MODULE:CALLABLE that predicts the object prior of the player graphcut-prior (see docs/clicks.md). Default: that
    of the pretrained agent any-object."""
    images: Count | None = None
    """Maximum number of images of each split, or of each published set, there at equal distances. Default: 100 of a
    split, all of a published set."""
    first: Index | None = None
    """Index of the first image in each split. Default: as for cutout_rl.evaluate."""
    size: ImageSide = 256
    """Side of the images, in pixels."""
    clicks: Count = 20
    """Maximum number of clicks on an image; a missed target counts as many."""
    threads: Count | None = None
    """Number of images to play at once. Default: one per core."""
    out: Path = Path("results/clicks")
    """Output folder: clicks.csv, summary.json and curves.png, in a folder for each published set."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        if not self.players or not self.splits:
            raise CutOutError("--players and --splits must name at least one each.")
        if self.sets and self.published is None:
            raise CutOutError("--sets needs the folder of the published sets; name it: --published DIR.")

    def same_for_all(self) -> dict[str, Any]:
        """Return the flags that every row in the folder depends on, JSON-able."""
        varying = ("players", "out", "sets", "threads", "published")
        same = {name: value for name, value in vars(self).items() if name not in varying}
        return same | {"published": None if self.published is None else str(self.published)}

    def thread_count(self) -> int:
        """Return how many images are played at once."""
        return self.threads or os.cpu_count() or 1


def main() -> None:
    """Parse the flags, click on the images, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.clicks")
    torch.set_num_threads(1)
    console = wide_console(130)
    methods = {name: find_method(name, arguments.prior) for name in arguments.players}
    for group, folder in _groups(arguments):
        records = Records(folder / "clicks.csv", ClickRow, arguments.same_for_all())
        done = records.keys(2)
        with progress_bars(console) as progress:
            for name, method in methods.items():
                known = sum((name, image) in done for image in group.names)
                bar = progress.add_task(name, total=len(group.names), completed=known)
                advance = partial(progress.advance, bar)
                play_method(name, method, group, arguments.clicks, arguments.thread_count(), records, advance)
        chosen = set(group.names)
        curves = curves_by_method(row for row in records.rows if row.method in methods and row.image in chosen)
        summary = summarise(curves)
        write_json(folder / "summary.json", summary)
        draw_noc_curves(curves, group.title, folder / "curves.png")
        console.print(results_table(summary, group.title, arguments.clicks))
        if group.published is not None:
            is_complete = len(group.names) == SETS[group.published].published
            console.print(literature_table(group.published, is_complete))
        console.print(f"clicks, summary and curves: {folder}")


def _groups(arguments: Arguments) -> Iterator[tuple[ImageGroup, Path]]:
    """Yield the groups of images, and the folder of the results of each."""
    if arguments.published is None:
        images = DEFAULT_IMAGES if arguments.images is None else arguments.images
        chosen = (arguments.data, arguments.masks, arguments.splits, arguments.size)
        yield images_of_source(*chosen, images, arguments.first, arguments.skip_bad), arguments.out
        return
    for published in open_published(arguments.published, arguments.sets):
        yield images_of_set(published, arguments.images), arguments.out / published.name


if __name__ == "__main__":
    run_command(main)
