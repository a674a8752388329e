"""Server of Atari games; `atari_vec_env.py` runs this file in another Python environment, and nothing imports it.

`python atari_worker.py GAME N SEED SIZE` reads N bytes, an action for each game, and writes the results as raw arrays:
observations, (N, 4, SIZE, SIZE) uint8; rewards, (N,) float32; whether each episode is over, (N,) uint8. Before the
first action it writes a byte with the number of actions, and the results of the reset. It stops at the end of its
input.
"""

import sys

import numpy as np
from ale_py.vector_env import AtariVectorEnv

n = int(sys.argv[2])
size = int(sys.argv[4])
games = AtariVectorEnv(
    sys.argv[1], num_envs=n, num_threads=1, autoreset_mode="SameStep", img_height=size, img_width=size
)
observations, _ = games.reset(seed=int(sys.argv[3]))
rewards, over = np.zeros(n), np.zeros(n)
sys.stdout.buffer.write(bytes([int(games.single_action_space.n)]))
while True:
    for array, dtype in ((observations, np.uint8), (rewards, np.float32), (over, np.uint8)):
        sys.stdout.buffer.write(np.ascontiguousarray(array, dtype).tobytes())
    sys.stdout.buffer.flush()
    actions = sys.stdin.buffer.read(n)
    if len(actions) < n:
        break
    observations, rewards, terminated, truncated, _ = games.step(np.frombuffer(actions, np.uint8).astype(np.int64))
    over = terminated | truncated
