"""Output of the commands to the terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def wide_console(width: int) -> Console:
    """Create a console of at least so many characters, so that no table is cropped in a narrow terminal or a file."""
    return Console(width=max(Console().width, width))


def progress_bars(console: Console) -> Progress:
    """Create a display of progress bars, with counts and with the time elapsed and remaining."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)
