"""`python -m cutout_rl.experiments.learn_while_you_draw`: held-out IoU of the page's network over the pixels that were annotated.

A simulated person who corrects what the network gets wrong is compared with one who scribbles at random, and both with
a network that sees whole masks. All make the network step as often.
"""

import csv
import json
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import tyro
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.experiments.benchmark.statistics import difference_interval, interquartile_difference
from cutout_rl.experiments.learn_while_you_draw.annotators import ANNOTATORS, Annotator
from cutout_rl.experiments.learn_while_you_draw.curves import Curve, draw_curves, make_curve, pixels_to_reach
from cutout_rl.experiments.learn_while_you_draw.run import Point, run
from cutout_rl.utils.atomic_write import replacing, write_json
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.online.config import SIDE, LearningSettings

TRAIN: Final[tuple[Split, ...]] = ("train",)
HELD_OUT: Final[tuple[Split, ...]] = ("val", "test")


@dataclass(frozen=True)
class Arguments:
    """Measure how the page's network learns from corrections, and from scribbles anywhere."""

    data: str = "faces"
    """Images: "faces", "objects", or a folder that holds images/ and masks."""
    masks: str | None = None
    """Which masks: the name of a folder in the data folder, or a kind of the faces'."""
    images: int = 50
    """At most so many images are annotated."""
    held_out: int = 50
    """At most so many images, of the splits val and test, are tested on."""
    looks: tuple[int, ...] = (5, 10, 20, 40, 80, 160)
    """After how many strokes to test."""
    steps_per_stroke: int = 5
    """Steps of the optimizer after each stroke."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Each seed draws weights, the order of the images, and what is random in the strokes."""
    learning: LearningSettings = field(default_factory=lambda: LearningSettings(training=True))
    """How the network learns, by default as on the page."""
    out: Path = Path("results/learn_while_you_draw")
    """Folder for scores and figure; a run that is in it already is not played again."""


def main() -> None:
    """Parse the flags, play what is missing, and report."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.learn_while_you_draw")
    if not arguments.seeds or not arguments.looks or sorted({*arguments.looks}) != list(arguments.looks):
        raise CutOutError("--seeds and --looks need a number at least, and those of --looks must ascend.")
    if arguments.looks[0] < 0 or arguments.steps_per_stroke < 1:
        raise CutOutError("--looks must be 0 or more, and --steps-per-stroke 1 or more.")
    torch.set_num_threads(1)  # so small a network is no faster on more
    console = Console()
    images = _load(arguments, TRAIN, arguments.images)
    held_out = _load(arguments, HELD_OUT, arguments.held_out)
    console.print(f"{len(images)} images to annotate, {len(held_out)} to test on, {SIDE} x {SIDE} px")
    points = _play(arguments, images, held_out, console)
    _report(arguments, points, held_out, console)


def _load(arguments: Arguments, splits: tuple[Split, ...], most: int) -> list[Sample]:
    samples: list[Sample] = []
    for split in splits:
        source = open_source(arguments.data, split, SIDE, arguments.masks, skip_bad=True)
        samples += [source[index] for index in range(min(most - len(samples), len(source)))]
    return samples


def _play(
    arguments: Arguments, images: list[Sample], held_out: list[Sample], console: Console
) -> dict[Annotator, list[list[Point]]]:
    """Give every annotator's runs, one a seed, from the disk where they were played before."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), MofNCompleteColumn())
    played: dict[Annotator, list[list[Point]]] = {annotator: [] for annotator in ANNOTATORS}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("strokes", total=len(arguments.seeds) * len(ANNOTATORS) * arguments.looks[-1])
        for seed in arguments.seeds:
            for annotator in ANNOTATORS:
                file = arguments.out / "runs" / f"{annotator}-{seed}.json"
                progress.update(task, description=f"{annotator}, seed {seed}")
                if file.exists():
                    played[annotator].append(_read(file, _conditions(arguments)))
                    progress.advance(task, arguments.looks[-1])
                    continue
                advance = partial(progress.advance, task)
                points = run(
                    annotator,
                    seed,
                    images,
                    held_out,
                    arguments.learning,
                    arguments.looks,
                    arguments.steps_per_stroke,
                    advance,
                )
                write_json(
                    file, {"conditions": _conditions(arguments), "points": [point._asdict() for point in points]}
                )
                played[annotator].append(points)
    return played


def _conditions(arguments: Arguments) -> dict[str, Any]:
    """Give what a run depends on, as JSON would."""
    values = asdict(arguments) | {"side": SIDE}
    return dict(json.loads(json.dumps({name: values[name] for name in values if name not in ("out", "seeds")})))


def _read(file: Path, conditions: dict[str, Any]) -> list[Point]:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        points = [Point(**point) for point in record["points"]]
        same = record["conditions"] == conditions
    except (ValueError, KeyError, TypeError):
        raise CutOutError(f"{file} is damaged; remove it.") from None
    if not same:
        raise CutOutError(f"{file} was played with other flags; give the same, or name another folder by --out.")
    return points


def _report(
    arguments: Arguments, played: dict[Annotator, list[list[Point]]], held_out: list[Sample], console: Console
) -> None:
    curves = {annotator: make_curve(runs) for annotator, runs in played.items()}
    _write_scores(arguments, played, held_out)
    table = Table("annotator", "strokes", "annotated pixels", "held-out IoU", "95 % interval")
    for annotator, curve in curves.items():
        for strokes, pixels, iou, (low, high) in zip(*curve, strict=True):
            span = "" if np.isnan(low) else f"{low:.3f} to {high:.3f}"
            table.add_row(annotator, str(strokes), f"{pixels:,.0f}", f"{iou:.3f}", span)
    console.print(table)
    ends = {annotator: [np.array([points[-1].iou for points in runs])] for annotator, runs in played.items()}
    gain = interquartile_difference(ends["corrections"], ends["scribbles"])
    interval = difference_interval(ends["corrections"], ends["scribbles"])
    target = curves["scribbles"].iou[-1]
    needed = pixels_to_reach(curves["corrections"], target)
    span = "" if interval is None else f" ({interval.low:+.3f} to {interval.high:+.3f})"
    console.print(f"corrections against scribbles after {arguments.looks[-1]} strokes: {gain:+.3f}{span}")
    if needed is not None:
        share = needed / curves["scribbles"].pixels[-1]
        console.print(f"corrections reach the scribbles' last IoU, {target:.3f}, with {share:.0%} of their pixels")
    write_json(
        arguments.out / "summary.json",
        {
            "conditions": _conditions(arguments) | {"seeds": arguments.seeds},
            "curves": {annotator: _as_json(curve) for annotator, curve in curves.items()},
            "gain": {"iou": gain, "interval": None if interval is None else [float(end) for end in interval]},
            "pixels to reach the scribbles' last IoU": needed,
        },
    )
    draw_curves(curves, arguments.out / "curves.png")
    console.print(f"scores and figure: {arguments.out}")


def _as_json(curve: Curve) -> dict[str, Any]:
    return {name: np.asarray(values).tolist() for name, values in curve._asdict().items()}


def _write_scores(arguments: Arguments, played: dict[Annotator, list[list[Point]]], held_out: list[Sample]) -> None:
    with replacing(arguments.out / "scores.csv") as temporary, temporary.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("annotator", "seed", "strokes", "pixels", "image", "iou"))
        for annotator, runs in played.items():
            for seed, points in zip(arguments.seeds, runs, strict=True):
                for point in points:
                    for sample, iou in zip(held_out, point.iou, strict=True):
                        writer.writerow((annotator, seed, point.strokes, point.pixels, sample.name, f"{iou:.6f}"))


if __name__ == "__main__":
    run_command(main)
