"""What came out of each run of the search, in a file that it goes on from."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from cutout_rl.experiments.records import read_table
from cutout_rl.experiments.search.space import Choice, Range, Space, Value
from cutout_rl.utils.atomic_write import replacing

State = Literal["done", "pruned"]


class Trial(NamedTuple):
    """A run that has ended.

    Attributes:
        point: the values of the flags that were searched over.
        state: whether it was trained to the end.
        timesteps: it was trained for.
        seconds: that took.
        iou: the best on the validation split, of greedy and sampled play.
    """

    point: dict[str, Value]
    state: State
    timesteps: int
    seconds: float
    iou: float


def write_trials(path: Path, trials: Sequence[Trial]) -> None:
    """Write a row for each trial, in the order in which they ended."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["trial", *Trial._fields[1:], *trials[0].point])
        for number, trial in enumerate(trials, 1):
            writer.writerow([number, *trial[1:], *trial.point.values()])


def read_trials(path: Path, space: Space) -> list[Trial]:
    """Read a file; nothing where there is none.

    Raises:
        CutOutError: it is damaged.
    """
    return read_table(path, lambda row: _trial(row, space))


def _trial(row: dict[str, str], space: Space) -> Trial:
    point = {name: _value(row[name], of) for name, of in space.items()}
    state: State = "done" if row["state"] == "done" else "pruned"
    return Trial(point, state, int(row["timesteps"]), float(row["seconds"]), float(row["iou"]))


def _value(text: str, of: Range | Choice) -> Value:
    if isinstance(of, Choice):
        return text
    return int(text) if of.is_whole else float(text)


def best_of(trials: Sequence[Trial]) -> Trial:
    """Give the trial with the highest IoU, the first among equals."""
    return max(trials, key=lambda trial: trial.iou)
