"""`python -m cutout_rl.experiments.learn_while_you_draw.strokes_saved`: whether the online network saves strokes.

A simulated user cuts out the images of a folder one after another. The network trains on the strokes so far, and its
prediction starts the cut of each new image, as "Start the cut" does on the page.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from rich.table import Table

from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.assisted_user import PAGE_SEGMENTER, TAKE_BACK_BELOW
from cutout_rl.experiments.curves import mean_interval
from cutout_rl.experiments.evaluation_sets import every_sample
from cutout_rl.experiments.records import Records
from cutout_rl.experiments.simulated_users.corrections import draw_line
from cutout_rl.experiments.terminal import progress_bars, wide_console
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import ImageSide
from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Seed, Share
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import TrainingSample, shrink, small_scale
from cutout_rl.web.online.suggested_strokes import suggest_strokes
from cutout_rl.web.online.trainer import Trainer
from cutout_rl.web.rasterize import draw_labels

ALONE: Final = "alone"
STARTS: Final = {ALONE: 1.0, "network": 0.0, "network, or taken back": TAKE_BACK_BELOW}
"""The least IoU of the network's start that the user keeps, by kind of help."""


@dataclass(frozen=True)
class Arguments:
    """Count the strokes of a simulated user on a folder of like images, with the online network and without it.

    If interrupted, the same command resumes.
    """

    data: str = "faces"
    """Images: "faces", "objects", or a folder of images/ and masks."""
    masks: str | None = None
    """Kind of masks: the name of a folder in the data folder, or a kind of the faces' masks."""
    images: Count = 50
    """Maximum number of images."""
    size: ImageSide = 256
    """Side of the images in pixels."""
    target: Share = 0.9
    """IoU at which the user goes on to the next image."""
    most: Count = 20
    """Number of strokes after which the user gives an image up."""
    steps_per_stroke: Count = 20
    """Optimizer steps after each stroke."""
    seeds: tuple[Seed, ...] = (0, 1, 2)
    """Seeds of the runs; a seed determines the order of the images and the network's weights."""
    learning: LearningSettings = field(default_factory=lambda: LearningSettings(training=True))
    """Settings of the training, by default those of the page."""
    out: Path = Path("results/strokes_saved")
    """Output folder: strokes.csv."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        if not self.seeds:
            raise CutOutError("--seeds needs at least one number.")


class SavedRow(NamedTuple):
    """The user's strokes on one image.

    Attributes:
        seed: of the run.
        help: a key of `STARTS`.
        place: of the image in the user's order, from 0.
        image: its name.
        strokes: of the user; the maximum where the target was missed.
        iou: at the end.
    """

    seed: int
    help: str
    place: int
    image: str
    strokes: int
    iou: float


def main() -> None:
    """Parse the flags, simulate the users, and print and write the results."""
    arguments = parse_arguments(Arguments, "experiments.learn_while_you_draw.strokes_saved")
    torch.set_num_threads(1)  # more threads do not speed up so small a network
    console = wide_console(120)
    images = list(islice(every_sample(arguments.data, arguments.masks, arguments.size), arguments.images))
    flags = {name: value for name, value in asdict(arguments).items() if name not in ("out", "seeds")}
    records = Records(arguments.out / "strokes.csv", SavedRow, flags)
    done = records.keys(2)
    missing = [(seed, name) for seed in arguments.seeds for name in STARTS if (seed, name) not in done]
    with progress_bars(console) as progress:
        for seed, name in progress.track(missing, description="users"):
            records.add(annotate_folder(images, seed, name, arguments))
    console.print(saved_table([row for row in records.rows if row.seed in arguments.seeds], arguments))


def annotate_folder(images: Sequence[Sample], seed: int, kind: str, arguments: Arguments) -> list[SavedRow]:
    """Cut images out in a random order, and train the network on the strokes so far after each of them.

    Args:
        images: the images and their ground truth.
        seed: of the order and of the network's weights.
        kind: of help, a key of `STARTS`.
        arguments: the target, and the settings of the training.
    """
    trainer = Trainer(arguments.learning, seed)
    rows = []
    for place, index in enumerate(np.random.default_rng(seed).permutation(len(images)).tolist()):
        sample = images[index]
        small, scale = shrink(sample.image), small_scale(*sample.mask.shape)
        drawing = Drawing(sample.image, make_segmenter(PAGE_SEGMENTER))
        if trainer.samples:
            with suppress(CutOutError):  # the network is not confident enough
                drawing.replace(suggest_strokes(trainer.predict(small), scale))
            if _iou(drawing, sample) < STARTS[kind]:
                drawing.replace([])
        strokes: list[Stroke] = []
        while _iou(drawing, sample) < arguments.target and len(strokes) < arguments.most:
            stroke = draw_line(drawing.mask(), sample)
            if stroke is None:
                break
            drawing.apply(stroke)
            strokes.append(stroke)
            if kind != ALONE:
                trainer.samples[sample.name] = TrainingSample(small, draw_labels(strokes, small.shape[:2], scale))
                for _ in range(arguments.steps_per_stroke):
                    trainer.step()
        rows.append(SavedRow(seed, kind, place, sample.name, len(strokes), _iou(drawing, sample)))
    return rows


def saved_table(rows: Sequence[SavedRow], arguments: Arguments) -> Table:
    """Return the table of the strokes with each kind of help, of all images and of thirds in the user's order."""
    by_help = {name: [row for row in rows if row.help == name] for name in STARTS}
    alone = _by_image(by_help[ALONE])
    thirds = pairwise(np.linspace(0, len(alone), 4).round().astype(int).tolist())
    parts = [(0, len(alone)), *((first, last) for first, last in thirds if first < last)]
    table = Table(
        title=f"Strokes of the user to IoU {arguments.target:g} on {len(alone)} images, {len(arguments.seeds)} seeds",
        caption="Means over images and seeds, by the user's order. saved: against the same user alone, with the 95 %"
        f" bootstrap interval over images. A miss counts as {arguments.most} strokes.",
        box=None,
    )
    table.add_column("help", no_wrap=True)
    columns = (*(f"images {first + 1}-{last}" for first, last in parts), "saved", "without a stroke", "missed")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for name, own in by_help.items():
        means = (np.mean([row.strokes for row in own if first <= row.place < last]) for first, last in parts)
        own_by_image = _by_image(own)
        saved = np.array([strokes - own_by_image[image] for image, strokes in alone.items()])
        ends = mean_interval(saved)
        interval = "" if ends is None else f" ({ends[0]:.1f} to {ends[1]:.1f})"
        shares = ([row.strokes == 0 for row in own], [row.iou < arguments.target for row in own])
        table.add_row(
            *(name, *(f"{mean:.1f}" for mean in means)),
            *("" if name == ALONE else f"{saved.mean():.1f}{interval}", *(f"{np.mean(share):.0%}" for share in shares)),
        )
    return table


def _by_image(rows: Sequence[SavedRow]) -> dict[str, float]:
    """Return the mean number of strokes of each image over the seeds."""
    names = {row.image: None for row in rows}
    return {name: float(np.mean([row.strokes for row in rows if row.image == name])) for name in names}


def _iou(drawing: Drawing, sample: Sample) -> float:
    return intersection_over_union(drawing.mask(), sample.mask, sample.void)


if __name__ == "__main__":
    run_command(main)
