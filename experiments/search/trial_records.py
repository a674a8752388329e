"""The results of the search's runs, in a file from which it resumes."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from cutout_rl.experiments.records import read_table
from cutout_rl.experiments.search.search_space import Choice, Range, Space, Value
from cutout_rl.utils.atomic_write import replacing

State = Literal["done", "pruned"]


class Trial(NamedTuple):
    """A finished run.

    Attributes:
        point: values of the flags searched over.
        state: whether it was trained to the end or pruned.
        timesteps: number of training steps.
        seconds: training time.
        iou: best on the validation split, in the better mode of play.
    """

    point: dict[str, Value]
    state: State
    timesteps: int
    seconds: float
    iou: float


def write_trials(path: Path, trials: Sequence[Trial]) -> None:
    """Write a row for each trial, in the order of their ends."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["trial", *Trial._fields[1:], *trials[0].point])
        for number, trial in enumerate(trials, 1):
            writer.writerow([number, *trial[1:], *trial.point.values()])


def read_trials(path: Path, space: Space) -> list[Trial]:
    """Read a file of trials; return an empty list if there is no file.

    Raises:
        CutOutError: the file is damaged.
    """
    return read_table(path, lambda row: _trial(row, space))


def _trial(row: dict[str, str], space: Space) -> Trial:
    point = {name: _value(row[name], of) for name, of in space.items()}
    state: State = "done" if row["state"] == "done" else "pruned"
    return Trial(point, state, int(row["timesteps"]), float(row["seconds"]), float(row["iou"]))


def _value(text: str, of: Range | Choice) -> Value:
    if isinstance(of, Choice):
        return text
    return int(text) if of.is_integer else float(text)


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the highest IoU, the first of several."""
    return max(trials, key=lambda trial: trial.iou)
