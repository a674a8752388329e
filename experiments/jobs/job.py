"""A job of a benchmark or a study."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from cutout_rl.experiments.scores import Score

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """A job that computes scores.

    Attributes:
        name: for the progress display and error messages.
        scores: file of its scores; the job is done if it exists.
        work: computes the scores and reports its progress, or raises KeyboardInterrupt once the event is set.
    """

    name: str
    scores: Path
    work: Callable[[Event, Say], list[Score]]
