"""`python -m cutout_rl.experiments.segmenter_accuracy`: the IoU of segmenters under simulated users' scribbles."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Annotated, Final

from rich.table import Table

from cutout_rl.data import FACES, Sample
from cutout_rl.experiments.evaluation_sets import REAL_SETS, Half, is_available, load_set
from cutout_rl.experiments.simulated_users.clicks import robot_masks
from cutout_rl.experiments.simulated_users.scribbles import SCRIBBLE_USERS
from cutout_rl.experiments.terminal import wide_console
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import ImageSide
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
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.progress import track
from cutout_rl.utils.ranges import Count, Range

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
    """Compare segmenters under full scribbles, 40 % of them, short strokes, and the dots of a robot user."""

    sets: tuple[str, ...] = (FACES, *REAL_SETS)
    """Sets to compare on."""
    sizes: tuple[ImageSide, ...] = (128, 256)
    """Sides of the images, in pixels."""
    images: Count = 24
    """Maximum number of images of each set."""
    half: Half = "report"
    """Half of each set to report on; the constants were tuned on the other half."""
    dots: Annotated[int, Range(0, 10**4)] = 20
    """Number of dots of the robot user; 0 skips it."""
    raw: bool = True
    """Also compare masks with every connected component kept."""
    ablate: bool = False
    """Instead of other segmenters, compare ours without one term or step at a time."""
    out: Path | None = None
    """JSON file for the results."""


def main() -> None:
    """Parse the flags, segment, and print a table for each set and size."""
    arguments = parse_arguments(Arguments, "experiments.segmenter_accuracy")
    console = wide_console(150)
    methods = ABLATIONS if arguments.ablate else dict(_variants(arguments.raw))
    written: dict[str, dict[str, Figures]] = {}
    for name in arguments.sets:
        require_choice("set", name, (FACES, *REAL_SETS))
        if not is_available(name):
            console.print(f"Skipped {name}: its images are not on this machine.")
            continue
        for size in arguments.sizes:
            samples = load_set(name, arguments.half, size, arguments.images)
            title = f"{name}, {size} px, {len(samples)} images of the {arguments.half} half"
            rows = {}
            for method in track(methods, title, console):
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
        segmenter: to measure.
        samples: the images, at least one.
        dots: number of dots of the robot user; 0 skips it.

    Returns:
        Means over the samples: the IoU by kind of scribbles, milliseconds for a cold cut and for one dot, the IoU after
        some dots, the number of dots until an IoU is reached (`dots` if it never is, as in the published click
        benchmarks), and the percentage of dots that lower the IoU by more than 0.01.
    """
    columns: dict[str, list[float]] = defaultdict(list)
    segmenter.segment(samples[0].image, samples[0].mask, ~samples[0].mask)  # loads compiled functions
    for sample in samples:
        for user, draw in SCRIBBLE_USERS.items():
            scribbles = draw(sample)
            start = perf_counter()
            mask = segmenter.segment(sample.image, scribbles[INSIDE], scribbles[OUTSIDE])
            columns["ms a cut"].append(1000 * (perf_counter() - start))
            columns[user].append(intersection_over_union(mask, sample.mask, sample.void))
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
            f"NoC@{100 * target:.0f}": next((n for n, iou in enumerate(ious, 1) if iou >= target), dots)
            for target in TARGET_IOUS
        },
        "worse %": 100 * fmean(losses) if losses else 0.0,
        "ms a dot": milliseconds,
    }


def _as_table(title: str, rows: dict[str, Figures]) -> Table:
    names = [*SCRIBBLE_USERS, *(name for name in next(iter(rows.values())) if name not in SCRIBBLE_USERS)]
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
