"""A stopwatch for calls, by name."""

from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")


class Stopwatch:
    """Wall times of calls.

    Attributes:
        times: milliseconds of each call, in order, by name.
    """

    def __init__(self) -> None:
        """Start without times."""
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    def time(self, name: str, work: Callable[..., T], *arguments: Any) -> T:
        """Call `work`, record its time under a name, and return its result."""
        start = perf_counter()
        result = work(*arguments)
        self.times[name].append((perf_counter() - start) * 1000)
        return result

    def mean(self, name: str) -> float:
        """Return the mean milliseconds of all calls of a name."""
        return fmean(self.times[name])
