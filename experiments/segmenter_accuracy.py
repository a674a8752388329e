"""`python -m cutout_rl.experiments.segmenter_accuracy`: how well segmenters turn simulated people's scribbles into masks."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Final

import tyro
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cutout_rl.data import FACES, Sample
from cutout_rl.experiments.evaluation_sets import REAL_SETS, Half, is_there, load_set
from cutout_rl.experiments.simulated_users import PEOPLE, robot_masks
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import (
    INSIDE,
    OUTSIDE,
    GrabCutSegmenter,
    GraphCutSegmenter,
    RandomWalkerSegmenter,
    Segmenter,
    WatershedSegmenter,
)
from cutout_rl.segmenters.textbook_cut import TextbookCutSegmenter
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import run_command

AFTER_DOTS: Final = (1, 5, 10, 20)
TARGET_IOUS: Final = (0.85, 0.90)
NOTABLE_LOSS: Final = 0.01

Method = GraphCutSegmenter | TextbookCutSegmenter | GrabCutSegmenter | RandomWalkerSegmenter | WatershedSegmenter

METHODS: Final[dict[str, Method]] = {
    "ours": GraphCutSegmenter(),
    "textbook cut": TextbookCutSegmenter(),
    "grabCut, 1 iteration": GrabCutSegmenter(iterations=1),
    "grabCut, 3 iterations": GrabCutSegmenter(iterations=3),
    "random walker": RandomWalkerSegmenter(),
    "watershed": WatershedSegmenter(),
}
OURS: Final = GraphCutSegmenter()
ABLATIONS: Final[dict[str, Method]] = {
    "ours": OURS,
    "without the border prior": replace(OURS, border_prior=False),
    "without geodesic distances": replace(OURS, geodesic_weight=0.0),
    "without colour": replace(OURS, colour_clip=0.0),
    "without contrast": replace(OURS, pairwise_weight=0.0),
    "seeds and contrast alone": replace(OURS, geodesic_weight=0.0, colour_clip=0.0, border_prior=False),
    "every component kept": replace(OURS, components=False),
}

Figures = dict[str, float]


@dataclass(frozen=True)
class Arguments:
    """Compare segmenters under full scribbles, 40 % of them, short strokes, and a robot's dots."""

    sets: tuple[str, ...] = (FACES, *REAL_SETS)
    """Sets to compare on."""
    sizes: tuple[int, ...] = (128, 256)
    """Sides of the images, in pixels."""
    images: int = 24
    """Most images of each set."""
    half: Half = "report"
    """Which half of each set: constants were tuned on the other one."""
    dots: int = 20
    """Dots of the robot. 0 leaves it out."""
    raw: bool = True
    """Also compare masks of which every component is kept."""
    ablate: bool = False
    """Instead of other segmenters, compare ours without one ingredient at a time."""
    out: Path | None = None
    """JSON file to write the figures to as well."""


def main() -> None:
    """Parse the flags, segment, and print a table for each set and size."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.segmenter_accuracy")
    # Rows of a table are of no use cut short, in a narrow terminal or a file.
    console = Console(width=max(Console().width, 150))
    methods = ABLATIONS if arguments.ablate else dict(_variants(arguments.raw))
    written: dict[str, dict[str, Figures]] = {}
    for name in arguments.sets:
        require_choice("set", name, (FACES, *REAL_SETS))
        if not is_there(name):
            console.print(f"Skipped {name}: its images are not on this machine.")
            continue
        for size in arguments.sizes:
            samples = load_set(name, arguments.half, size, arguments.images)
            title = f"{name}, {size} px, {len(samples)} images of the {arguments.half} half"
            rows = {}
            for method in track(methods, title, console=console, transient=True):
                rows[method] = measure(methods[method], samples, arguments.dots)
            written[title] = rows
            console.print(_as_table(title, rows))
            if arguments.out is not None:
                write_json(arguments.out, written)


def _variants(raw: bool) -> Iterator[tuple[str, Method]]:
    for name, method in METHODS.items():
        yield name, method
        if raw:
            yield f"{name}, raw", replace(method, components=False)


def measure(segmenter: Segmenter, samples: list[Sample], dots: int) -> Figures:
    """Segment every sample under the scribbles of every simulated user.

    Args:
        segmenter: what to measure.
        samples: the images, one or more.
        dots: dots of the robot; 0 leaves it out.

    Returns:
        Means over the samples: the IoU by kind of scribbles, milliseconds for one cut from nothing and for one dot,
        the IoU after some dots, the number of dots until an IoU is reached (`dots + 1` where it never is), and the
        percentage of dots that lower the IoU by more than 0.01.
    """
    columns: dict[str, list[float]] = defaultdict(list)
    segmenter.segment(samples[0].image, samples[0].mask, ~samples[0].mask)  # compiled functions are loaded
    for sample in samples:
        for person, draw in PEOPLE.items():
            scribbles = draw(sample)
            start = perf_counter()
            mask = segmenter.segment(sample.image, scribbles[INSIDE], scribbles[OUTSIDE])
            columns["ms a cut"].append(1000 * (perf_counter() - start))
            columns[person].append(intersection_over_union(mask, sample.mask, sample.void))
        if dots > 0:
            for name, value in _robot_figures(segmenter, sample, dots).items():
                columns[name].append(value)
    return {name: fmean(values) for name, values in columns.items()}


def _robot_figures(segmenter: Segmenter, sample: Sample, dots: int) -> Figures:
    start = perf_counter()
    masks = robot_masks(segmenter, sample, dots)
    milliseconds = 1000 * (perf_counter() - start) / dots
    ious = [intersection_over_union(mask, sample.mask, sample.void) for mask in masks]
    losses = [before - after > NOTABLE_LOSS for before, after in pairwise(ious)]
    return {
        **{f"dots {count}": ious[count - 1] for count in AFTER_DOTS if count <= dots},
        **{
            f"NoC@{100 * target:.0f}": next((n for n, iou in enumerate(ious, 1) if iou >= target), dots + 1)
            for target in TARGET_IOUS
        },
        "worse %": 100 * fmean(losses) if losses else 0.0,
        "ms a dot": milliseconds,
    }


def _as_table(title: str, rows: dict[str, Figures]) -> Table:
    names = [*PEOPLE, *(name for name in next(iter(rows.values())) if name not in PEOPLE)]
    table = Table("segmenter", title=title, title_justify="left", box=None)
    for name in names:
        table.add_column(name, justify="right")
    for method, figures in rows.items():
        cells = (f"{figures[name]:.1f}" if _is_count(name) else f"{figures[name]:.3f}" for name in names)
        table.add_row(method, *cells)
    return table


def _is_count(name: str) -> bool:
    return name.startswith(("NoC", "ms", "worse"))


if __name__ == "__main__":
    run_command(main)
