"""Playing games on every core."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def map_games(function: Callable[..., T], *arguments: Iterable[Any], threads: int | None = None) -> list[T]:
    """Call a function once per game, as `map` does, on several threads.

    Drawing strokes, cutting, counting and observing run outside Python's global lock, so threads are enough for every
    core. A call from within such a call stays on its thread, which is one of them already.

    Args:
        function: what to call; it may touch nothing but its own game.
        arguments: one iterable for each of its arguments.
        threads: how many; None takes one per core.

    Returns:
        The results, in order.
    """
    games = list(zip(*arguments, strict=True))
    threads = min(threads or os.cpu_count() or 1, len(games))
    if threads <= 1 or getattr(_thread, "is_playing", False):
        return [function(*game) for game in games]
    results: list[Any] = [None] * len(games)
    # Threads take the next game from one iterator; a future for each would cost a good part of a move.
    numbers = iter(range(len(games)))

    def play() -> None:
        for number in numbers:
            results[number] = function(*games[number])

    futures = [_pool(threads).submit(play) for _ in range(threads)]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    finally:
        list(numbers)  # after an error or Ctrl-C no thread takes another game
    for future in futures:
        future.result()
    return results


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="games", initializer=_mark_thread)


_thread = threading.local()


def _mark_thread() -> None:
    _thread.is_playing = True


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
