"""Plays Atari games side by side; `atari.py` runs this file in an environment of its own, and nothing imports it.

`python atari_worker.py GAME N SEED` reads N bytes, a move for each game, and writes what came of them as raw arrays:
the observations, (N, 4, 84, 84) uint8, the rewards, (N,) float32, and which episodes are over, (N,) uint8. The first
answer, to the reset, comes unasked, after a byte that says how many moves there are. It ends with its input.
"""

import sys

import numpy as np
from ale_py.vector_env import AtariVectorEnv

n = int(sys.argv[2])
games = AtariVectorEnv(sys.argv[1], num_envs=n, num_threads=1, autoreset_mode="SameStep")
observations, _ = games.reset(seed=int(sys.argv[3]))
rewards, over = np.zeros(n), np.zeros(n)
sys.stdout.buffer.write(bytes([int(games.single_action_space.n)]))
while True:
    for array, dtype in ((observations, np.uint8), (rewards, np.float32), (over, np.uint8)):
        sys.stdout.buffer.write(np.ascontiguousarray(array, dtype).tobytes())
    sys.stdout.buffer.flush()
    moves = sys.stdin.buffer.read(n)
    if len(moves) < n:
        break
    observations, rewards, terminated, truncated, _ = games.step(np.frombuffer(moves, np.uint8).astype(np.int64))
    over = terminated | truncated
