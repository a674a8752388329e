"""Parallel map on threads."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def map_parallel(function: Callable[..., T], *arguments: Iterable[Any], threads: int | None = None) -> list[T]:
    """Apply a function to the elements of iterables, as `map` does, on several threads.

    The game's kernels release Python's global interpreter lock, so threads use every core. All calls share one thread
    per core, because each keeps memory for the kernels. A nested call runs on its caller's thread.

    Args:
        function: the function; calls must be independent of each other.
        arguments: one iterable for each parameter of the function, of equal lengths.
        threads: number of threads, at most; None for one per core.

    Returns:
        The results, in order.
    """
    calls = list(zip(*arguments, strict=True))
    threads = min(threads or os.cpu_count() or 1, len(calls))
    if threads <= 1 or getattr(_thread, "is_worker", False):
        return [function(*call) for call in calls]
    results: list[Any] = [None] * len(calls)
    # Threads take the next call from one iterator; a future per call would be slow compared to one step of a game.
    indices = iter(range(len(calls)))

    def work() -> None:
        for index in indices:
            results[index] = function(*calls[index])

    pool = _pool()
    futures = [pool.submit(work) for _ in range(threads)]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    finally:
        list(indices)  # after an error or Ctrl-C no thread starts another call
    for future in futures:
        future.result()
    return results


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="worker", initializer=_mark_worker)


_thread = threading.local()


def _mark_worker() -> None:
    _thread.is_worker = True


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
