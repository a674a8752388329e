"""`python -m cutout_rl.experiments.assistance`: how many strokes a person needs with and without an agent's help."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cutout_rl.data import FACES, Sample, open_source
from cutout_rl.experiments.assistance.figure import draw_shares
from cutout_rl.experiments.assistance.help import HELP, cut_out
from cutout_rl.experiments.assistance.person import PEOPLE
from cutout_rl.experiments.assistance.results import Row, count, summarise
from cutout_rl.experiments.evaluation_sets import REAL_SETS, is_there, load_set
from cutout_rl.experiments.records import read_rows, require_same_flags, write_rows
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_pretrained
from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant


@dataclass(frozen=True)
class Arguments:
    """Let simulated people cut images out on the page, alone and helped by an agent, and count their strokes.

    Started again, it goes on where it stopped.
    """

    sets: tuple[str, ...] = (FACES, "heads")
    """Sets of images: faces of the test split; heads, skin, hair or davis of the half that the segmenter was not
    tuned on."""
    images: int = 100
    """Most images of each set."""
    size: int = 256
    """Side of the images, in pixels."""
    pretrained: str = "bc-faces"
    """Name of the pretrained agent that helps."""
    target: float = 0.9
    """The IoU at which a person stops."""
    most: int = 20
    """Strokes after which a person gives up."""
    out: Path = Path("results/assistance")
    """Folder of strokes.csv, summary.json and strokes.png."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before anything is drawn.

        Raises:
            CutOutError: a value does not fit.
        """
        for name in self.sets:
            require_choice("set", name, (FACES, *REAL_SETS))
        if min(self.images, self.most) < 1:
            raise CutOutError("images and most must be at least 1.")


def main() -> None:
    """Parse the flags, cut out, and print and write what came out."""
    arguments = tyro.cli(Arguments, prog="python -m cutout_rl.experiments.assistance")
    torch.set_num_threads(1)
    # Rows of a table are of no use cut short, in a narrow terminal or a file.
    console = Console(width=max(Console().width, 120))
    run = find_pretrained(arguments.pretrained)
    algorithm, config = load_config(run, "cpu")
    assistant = Assistant(algorithm.load_player(config, run, True, "cpu"), config.game_config())
    require_same_flags(
        arguments.out, {name: value for name, value in asdict(arguments).items() if name not in ("sets", "out")}
    )
    file = arguments.out / "strokes.csv"
    rows = read_rows(file, Row)
    done: set[tuple[str, ...]] = {row[:4] for row in rows}
    there = [name for name in arguments.sets if is_there(name)]
    for name in set(arguments.sets) - set(there):
        console.print(f"Skipped {name}: its images are not on this machine.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        for name in there:
            samples = _load(name, arguments)
            for sample in progress.track(samples, description=name):
                new = _cut_out(name, sample, assistant, arguments, done)
                if new:
                    rows += new
                    write_rows(file, rows, Row)
    counts = count(rows, arguments.target, arguments.most)
    summary = summarise(counts)
    write_json(arguments.out / "summary.json", summary)
    draw_shares(counts, arguments.target, arguments.most, arguments.out / "strokes.png")
    console.print(_table(summary, arguments))


def _load(name: str, arguments: Arguments) -> Sequence[Sample]:
    if name != FACES:
        return load_set(name, "report", arguments.size, arguments.images)
    source = open_source(FACES, "test", arguments.size)
    return [source[index] for index in range(min(arguments.images, len(source)))]


def _cut_out(
    images: str, sample: Sample, assistant: Assistant, arguments: Arguments, done: set[tuple[str, ...]]
) -> list[Row]:
    segmenter = make_segmenter("graphcut")
    return [
        Row(images, sample.name, person, offered, strokes, iou)
        for person, draw in PEOPLE.items()
        for offered, when in HELP.items()
        if (images, sample.name, person, offered) not in done
        for strokes, iou in enumerate(
            cut_out(sample, segmenter, assistant, draw, when, arguments.target, arguments.most)
        )
    ]


def _table(summary: Sequence[dict[str, Any]], arguments: Arguments) -> Table:
    table = Table(
        *("images", "person", "help"),
        title=f"Strokes of a person until IoU {arguments.target:g}; {arguments.most} where it was missed",
        caption="Means, with 95 % bootstrap intervals over the images.",
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


def _with_interval(row: dict[str, Any], name: str) -> str:
    ends = row[f"{name}_interval"]
    return f"{row[name]:.1f}" + ("" if ends is None else f" ({ends[0]:.1f} to {ends[1]:.1f})")


if __name__ == "__main__":
    run_command(main)
