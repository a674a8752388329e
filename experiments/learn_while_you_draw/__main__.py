"""`python -m cutout_rl.experiments.learn_while_you_draw`: the online network's IoU against the annotated pixels.

A simulated user who corrects the network's errors is compared with one who scribbles at random, and both with training
on whole masks. All train the network for the same number of steps.
"""

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.image_config import ClassNumber
from cutout_rl.experiments.learn_while_you_draw.annotation_curves import (
    AnnotationCurve,
    draw_annotation_curves,
    ious_by_run,
    make_curve,
    pixels_to_reach,
)
from cutout_rl.experiments.learn_while_you_draw.annotation_run import AnnotationRow, run
from cutout_rl.experiments.records import Records
from cutout_rl.experiments.simulated_users.annotators import ANNOTATORS, Annotator
from cutout_rl.experiments.statistics import difference_interval, interquartile_difference
from cutout_rl.experiments.terminal import progress_bars
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Index, Seed
from cutout_rl.web.online.config import SIDE, LearningSettings

TRAIN: Final[tuple[Split, ...]] = ("train",)
HELD_OUT: Final[tuple[Split, ...]] = ("val", "test")


@dataclass(frozen=True)
class Arguments:
    """Measure how the online network learns from corrections, and from random scribbles.

    If interrupted, the same command resumes.
    """

    data: str = "faces"
    """Images: "faces", "objects", or a folder of images/ and masks."""
    masks: str | None = None
    """Kind of masks: the name of a folder in the data folder, or a kind of the faces' masks."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of a folder number classes; 255 is void then."""
    images: Count = 50
    """Maximum number of images to annotate."""
    held_out: Count = 50
    """Maximum number of images of the splits val and test to test on."""
    test_after: tuple[Index, ...] = (5, 10, 20, 40, 80, 160)
    """Numbers of strokes after which to test, ascending."""
    steps_per_stroke: Count = 5
    """Optimizer steps after each stroke."""
    seeds: tuple[Seed, ...] = (0, 1, 2, 3, 4)
    """Seeds of the runs; a seed determines the weights, the order of the images and the random strokes."""
    learning: LearningSettings = field(default_factory=lambda: LearningSettings(training=True))
    """Settings of the training, by default those of the page."""
    out: Path = Path("results/learn_while_you_draw")
    """Output folder: scores.csv, summary.json and curves.png."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        if not self.seeds or not self.test_after or sorted({*self.test_after}) != list(self.test_after):
            raise CutOutError("--seeds and --test-after need at least one number, and --test-after must ascend.")

    def conditions(self) -> dict[str, Any]:
        """Return what every row in the folder depends on, JSON-able."""
        return {name: value for name, value in asdict(self).items() if name not in ("out", "seeds")} | {"side": SIDE}


def main() -> None:
    """Parse the flags, run what is missing, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.learn_while_you_draw")
    torch.set_num_threads(1)  # more threads do not speed up so small a network
    console = Console()
    images = _load(arguments, TRAIN, arguments.images)
    held_out = _load(arguments, HELD_OUT, arguments.held_out)
    console.print(f"{len(images)} images to annotate, {len(held_out)} to test on, {SIDE} x {SIDE} px")
    records = Records(arguments.out / "scores.csv", AnnotationRow, arguments.conditions())
    _run_missing(arguments, records, images, held_out, console)
    _report(arguments, records.rows, console)


def _load(arguments: Arguments, splits: tuple[Split, ...], max_images: int) -> list[Sample]:
    samples: list[Sample] = []
    for split in splits:
        source = open_source(
            arguments.data, split, SIDE, arguments.masks, skip_bad=True, masks_class=arguments.masks_class
        )
        samples += [source[index] for index in range(min(max_images - len(samples), len(source)))]
    return samples


def _run_missing(
    arguments: Arguments,
    records: Records[AnnotationRow],
    images: list[Sample],
    held_out: list[Sample],
    console: Console,
) -> None:
    done = records.keys(2)
    missing = [(name, seed) for seed in arguments.seeds for name in ANNOTATORS if (name, seed) not in done]
    with progress_bars(console) as progress:
        task = progress.add_task("strokes", total=len(missing) * arguments.test_after[-1])
        for annotator, seed in missing:
            progress.update(task, description=f"{annotator}, seed {seed}")
            records.add(
                run(
                    annotator,
                    seed,
                    images,
                    held_out,
                    arguments.learning,
                    arguments.test_after,
                    arguments.steps_per_stroke,
                    partial(progress.advance, task),
                )
            )


def _report(arguments: Arguments, rows: list[AnnotationRow], console: Console) -> None:
    by_annotator: dict[Annotator, list[AnnotationRow]] = {
        name: [row for row in rows if row.annotator == name and row.seed in arguments.seeds] for name in ANNOTATORS
    }
    curves = {annotator: make_curve(own) for annotator, own in by_annotator.items()}
    table = Table("annotator", "strokes", "annotated pixels", "held-out IoU", "95 % interval", box=None)
    for annotator, curve in curves.items():
        for strokes, pixels, iou, (low, high) in zip(*curve, strict=True):
            interval = "" if np.isnan(low) else f"{low:.3f} to {high:.3f}"
            table.add_row(annotator, str(strokes), f"{pixels:,.0f}", f"{iou:.3f}", interval)
    console.print(table)
    last = arguments.test_after[-1]
    ends = {annotator: [ious_by_run(own, last)] for annotator, own in by_annotator.items()}
    gain = interquartile_difference(ends["corrections"], ends["scribbles"])
    gain_interval = difference_interval(ends["corrections"], ends["scribbles"])
    target = curves["scribbles"].iou[-1]
    needed = pixels_to_reach(curves["corrections"], target)
    interval = "" if gain_interval is None else f" ({gain_interval.low:+.3f} to {gain_interval.high:+.3f})"
    console.print(f"corrections minus scribbles after {last} strokes: {gain:+.3f}{interval}")
    if needed is not None:
        share = needed / curves["scribbles"].pixels[-1]
        console.print(f"corrections reach the last IoU of the scribbles, {target:.3f}, with {share:.0%} of the pixels")
    write_json(
        arguments.out / "summary.json",
        {
            "conditions": arguments.conditions() | {"seeds": arguments.seeds},
            "curves": {annotator: _as_json(curve) for annotator, curve in curves.items()},
            "gain": {"iou": gain, "interval": None if gain_interval is None else [float(end) for end in gain_interval]},
            "pixels to reach the scribbles' last IoU": needed,
        },
    )
    draw_annotation_curves(curves, arguments.out / "curves.png")
    console.print(f"scores and figure: {arguments.out}")


def _as_json(curve: AnnotationCurve) -> dict[str, Any]:
    return {name: np.asarray(values).tolist() for name, values in curve._asdict().items()}


if __name__ == "__main__":
    run_command(main)
