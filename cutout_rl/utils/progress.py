"""Progress of long work: bars on a terminal, and a plain line about every half minute in a file or a pipe."""

import threading
import time
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")

SECONDS_BETWEEN_LINES: Final = 30.0


def say(console: Console, text: str) -> None:
    """Print text as it is: unwrapped, so that it can be searched and a command in it can be copied."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


class ProgressDisplay(Progress):
    """Progress bars that vanish at the end; where the console is no terminal, lines instead.

    A task may have the fields `unit` (what is counted), `rate` (units per second), `seconds_left` and `note` (further
    text); a line shows them. Without the middle two they are estimated.
    """

    def __init__(self, *columns: ProgressColumn, console: Console | None = None) -> None:
        """Choose the columns of the bars; by default description, bar, counts and the time remaining."""
        console = console or Console()
        default = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        is_live = console.is_terminal
        super().__init__(
            *(columns or default), console=console, transient=True, auto_refresh=is_live, disable=not is_live
        )
        self._line_lock = threading.Lock()
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def update(self, *arguments: Any, **values: Any) -> None:
        """Update a task as `rich` does, and print a line if it is due."""
        super().update(*arguments, **values)
        self._print_line_if_due()

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Advance a task as `rich` does, and print a line if it is due."""
        super().advance(task_id, advance)
        self._print_line_if_due()

    def _print_line_if_due(self) -> None:
        if not self.disable:
            return
        with self._line_lock:
            unfinished = [task for task in self.tasks if not task.finished]
            if not unfinished or time.monotonic() < self._next_line:
                return
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        say(self.console, "; ".join(map(progress_line, unfinished)))


def track(items: Collection[T], description: str, console: Console | None = None) -> Iterator[T]:
    """Yield the items, and show how many are done."""
    with ProgressDisplay(console=console) as progress:
        task = progress.add_task(description, total=len(items))
        for item in items:
            yield item
            progress.advance(task)


def progress_line(task: Task) -> str:
    """Describe a task: counts, share, rate and time remaining as far as they are known, and its note."""
    if task.total is None:
        return task.description
    rate = task.fields.get("rate") or (task.completed / task.elapsed if task.elapsed else 0.0)
    seconds = task.fields.get("seconds_left")
    if seconds is None and rate:
        seconds = (task.total - task.completed) / rate
    unit = task.fields.get("unit", "")
    counts = f"{task.completed:,.0f} of {task.total:,.0f}{f' {unit}' if unit else ''} ({task.percentage:.0f} %)"
    parts = [counts]
    if unit and rate:
        parts.append(f"{rate:,.1f} {unit}/s" if rate < 10 else f"{rate:,.0f} {unit}/s")
    if seconds is not None:
        parts.append(f"{timedelta(seconds=round(seconds))} left")
    if note := task.fields.get("note"):
        parts.append(note)
    return f"{task.description}: {', '.join(parts)}"
