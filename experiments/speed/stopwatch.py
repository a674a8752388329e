"""Timing calls by name."""

from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")


class Stopwatch:
    """Collects the wall time of every call it makes.

    Attributes:
        times: milliseconds of each call, in order, by the name it was given.
    """

    def __init__(self) -> None:
        """Start without a time."""
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    def time(self, name: str, work: Callable[..., T], *arguments: Any) -> T:
        """Call `work` and give what it returns."""
        start = perf_counter()
        result = work(*arguments)
        self.times[name].append((perf_counter() - start) * 1000)
        return result

    def mean(self, name: str) -> float:
        """Average the milliseconds of all calls of that name."""
        return fmean(self.times[name])
