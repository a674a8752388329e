"""The random streams of a training, which its seed determines and which are independent of each other.

Consecutive seeds would share games if game `i` were seeded with the seed + `i`, so that trainings with seeds 0 and 1
would be one experiment rather than two.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What is drawn from a stream; the values never change, so that old seeds keep their meaning."""

    GAMES = 0
    WEIGHTS = 1
    MOVES = 2
    REPLAY = 3
    PRIOR_IMAGES = 4
    PRIOR_AUGMENTATION = 5
    LABELLED_IMAGES = 6
    ORDER = 7
    VERSIONS = 8
    EXPERT_SHARE = 9
    PRIOR_REPLAY = 10
    EXPLORATION = 11
    VALIDATION = 12


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator of a stream, or of one of its parts, which `key` numbers."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, *key)))


def stream_seed(seed: int, stream: Stream, *key: int) -> int:
    """Return a seed in [0, 2**31) of a stream, or of one of its parts, for generators that are not NumPy's."""
    return int(np.random.SeedSequence(seed, spawn_key=(stream, *key)).generate_state(1)[0] >> 1)


def game_seeds(seed: int, n: int, first: int = 0) -> list[int]:
    """Return the seeds of games `first` to `first + n - 1` of a training; each depends on its number and the seed."""
    sequences = (np.random.SeedSequence(seed, spawn_key=(Stream.GAMES, game)) for game in range(first, first + n))
    return [int(sequence.generate_state(1, np.uint64)[0]) for sequence in sequences]
