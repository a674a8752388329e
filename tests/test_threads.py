"""`map_parallel`: every call runs once, results are in order, and an error stops the rest."""

import threading
import time

import pytest

from cutout_rl.utils.threads import map_parallel


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_every_game_is_played_once_and_answers_in_order(threads: int, count: int) -> None:
    played: list[int] = []

    def play(game: int, action: int) -> int:
        played.append(game)
        time.sleep(0.0001 * (game % 3))
        return game + action

    assert map_parallel(play, range(count), range(count), threads=threads) == [2 * game for game in range(count)]
    assert sorted(played) == list(range(count))


def test_an_error_reaches_the_caller_and_no_other_game_is_begun() -> None:
    played: list[int] = []

    def play(game: int) -> None:
        played.append(game)
        time.sleep(0.001)
        if game == 3:
            raise ValueError("game 3")

    with pytest.raises(ValueError, match="game 3"):
        map_parallel(play, range(1000), threads=2)
    assert len(played) < 500


def test_call_within_a_call_needs_no_thread_of_its_own() -> None:
    def total(n: int) -> int:
        return sum(map_parallel(abs, range(-n, 0), threads=2))

    assert map_parallel(total, range(20), threads=2) == [n * (n + 1) // 2 for n in range(20)]


def test_batches_of_any_size_share_one_thread_per_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    before = threading.active_count()
    for size in range(2, 17):
        assert map_parallel(abs, range(-size, 0)) == list(range(size, 0, -1))
    assert threading.active_count() - before <= 16
