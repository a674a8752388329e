"""`python -m cutout_rl.experiments.assistance`: how many strokes an agent saves a user, and how often it harms."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from cutout_rl.data import FACES, Sample, open_source
from cutout_rl.data.reported_images import name_images, reported_images
from cutout_rl.data.synthetic.procedural_source import LENGTHS
from cutout_rl.experiments.assistance.assisted_user import offered_by, segment_with_help
from cutout_rl.experiments.assistance.finishing import HARM, FinishRow, finish, summarise_finishes
from cutout_rl.experiments.assistance.reliability_figure import draw_reliability
from cutout_rl.experiments.assistance.stroke_counts import StrokeRow, count_strokes, summarise
from cutout_rl.experiments.assistance.stroke_figure import draw_shares
from cutout_rl.experiments.evaluation_sets import REAL_SETS, is_available, load_set
from cutout_rl.experiments.records import Records
from cutout_rl.experiments.simulated_users.corrections import CORRECTING_USERS
from cutout_rl.experiments.terminal import progress_bars, wide_console
from cutout_rl.game.rules import ImageSide
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_pretrained
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count, Index, Share
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.reading_assistant import make_assistant


@dataclass(frozen=True)
class Arguments:
    """Simulate users who segment images on the page, alone and with an agent's help.

    Count their strokes; then let the agent finish masks that are nearly good enough, and see whether it harms them. If
    interrupted, the same command resumes.
    """

    sets: tuple[str, ...] = (FACES, "heads", "davis")
    """Sets of images: faces of the test split; heads, skin, hair or davis, of the half that the segmenter was not
    tuned on."""
    images: Count = 100
    """Maximum number of images of each set."""
    first: Index | None = None
    """Index of the first face. Default: as for cutout_rl.evaluate."""
    size: ImageSide = 256
    """Side of the images, in pixels."""
    pretrained: str = "any-object"
    """Name of the pretrained agent that helps."""
    target: Share = 0.9
    """IoU at which a user stops."""
    handover: Share = 0.8
    """IoU at which a user lets the agent finish."""
    most: Count = 20
    """Number of strokes after which a user gives up."""
    out: Path = Path("results/assistance")
    """Output folder: strokes.csv, finishes.csv, summary.json, strokes.png and reliability.png."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        for name in self.sets:
            require_choice("set", name, (FACES, *REAL_SETS))

    def faces(self) -> range:
        """Return the indices of the faces in the test split.

        Raises:
            CutOutError: there are none.
        """
        return reported_images(FACES, "test", LENGTHS["test"], self.images, self.first)

    def limits(self) -> tuple[float, int]:
        """Return the IoU at which the agent finishes, and the number of strokes after which a user gives up."""
        return self.handover, self.most

    def same_for_all(self) -> dict[str, Any]:
        """Return the flags that every row in the folder depends on, JSON-able."""
        return {name: value for name, value in asdict(self).items() if name not in ("sets", "out")}


def main() -> None:
    """Parse the flags, simulate the users, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.assistance")
    torch.set_num_threads(1)
    console = wide_console(120)
    run = find_pretrained(arguments.pretrained)
    algorithm, config = load_config(run, "cpu")
    assistant = make_assistant(algorithm.load_player(config, run, True, "cpu"), config.game_config())
    records = Records(arguments.out / "strokes.csv", StrokeRow, arguments.same_for_all())
    finishes = Records(arguments.out / "finishes.csv", FinishRow, arguments.same_for_all())
    done, finished = records.keys(4), finishes.keys(3)
    with progress_bars(console) as progress:
        for name in arguments.sets:
            if not is_available(name):
                console.print(f"Skipped {name}: its images are not on this machine.")
                continue
            for sample in progress.track(_load(name, arguments), description=name):
                new = _segment(name, sample, assistant, arguments, done)
                if new:
                    records.add(new)
                finishes.add(
                    FinishRow(name, sample.name, person, *finish(sample, assistant, user, *arguments.limits()))
                    for person, user in CORRECTING_USERS.items()
                    if (name, sample.name, person) not in finished
                )
    counts = count_strokes(records.rows, arguments.target, arguments.most)
    summary = summarise(counts)
    changes = summarise_finishes(finishes.rows)
    write_json(arguments.out / "summary.json", {"strokes": summary, "finishes": changes})
    draw_shares(counts, arguments.target, arguments.most, arguments.out / "strokes.png")
    draw_reliability(finishes.rows, arguments.out / "reliability.png")
    console.print(_table(summary, arguments))
    console.print(_finish_table(changes, arguments))


def _load(name: str, arguments: Arguments) -> Sequence[Sample]:
    if name != FACES:
        return load_set(name, "report", arguments.size, arguments.images)
    source = open_source(FACES, "test", arguments.size)
    return [source[index] for index in arguments.faces()]


def _segment(
    images: str, sample: Sample, assistant: Assistant, arguments: Arguments, done: set[tuple[Any, ...]]
) -> list[StrokeRow]:
    return [
        StrokeRow(images, sample.name, name, offered, strokes, iou)
        for name, user in CORRECTING_USERS.items()
        for offered, when in offered_by(assistant.player).items()
        if (images, sample.name, name, offered) not in done
        for strokes, iou in enumerate(
            segment_with_help(sample, assistant, user, when, arguments.target, arguments.most)
        )
    ]


def _table(summary: Sequence[dict[str, Any]], arguments: Arguments) -> Table:
    table = Table(
        *("images", "user", "help"),
        title=f"Strokes of the user to IoU {arguments.target:g}; a miss counts as {arguments.most}",
        caption=f"Means with 95 % bootstrap intervals over images; faces: {name_images('test', arguments.faces())}.",
        box=None,
    )
    for name in ("n", "strokes", "median", "saved", "without a stroke", "missed"):
        table.add_column(name, justify="right")
    for row in summary:
        cells = (f"{row['without_a_stroke']:.0%}", f"{row['missed']}")
        table.add_row(
            *(row["images"], row["person"], row["help"], f"{row['n']}"),
            *(_with_interval(row, "strokes"), f"{row['median']:g}", _with_interval(row, "saved"), *cells),
        )
    return table


def _finish_table(changes: Sequence[dict[str, Any]], arguments: Arguments) -> Table:
    table = Table(
        *("images", "user"),
        title=f"{arguments.pretrained} finishes masks of an IoU of {arguments.handover:g} or more",
        caption=f"harmed, improved: masks whose IoU changes by more than {HARM:g}; untouched: the agent drew nothing;"
        " error: mean distance of its estimate from the IoU; calibration: the same of the means of five groups.",
        box=None,
    )
    names = ("n", "before", "after", "change", "harmed", "improved", "untouched", "error", "calibration")
    for name in names:
        table.add_column(name, justify="right")
    for row in changes:
        shares = (f"{row[name]:.1%}" for name in ("harmed", "improved", "untouched"))
        errors = (row["estimate_error"], row["calibration_error"])
        table.add_row(
            *(row["images"], row["person"], f"{row['n']}", f"{row['before']:.3f}", f"{row['after']:.3f}"),
            f"{row['change']:+.3f}",
            *shares,
            *("" if error is None else f"{error:.3f}" for error in errors),
        )
    return table


def _with_interval(row: dict[str, Any], name: str) -> str:
    ends = row[f"{name}_interval"]
    return f"{row[name]:.1f}" + ("" if ends is None else f" ({ends[0]:.1f} to {ends[1]:.1f})")


if __name__ == "__main__":
    run_command(main)
