"""Memory of a batch, and over a long run."""

import gc

import psutil
import pytest

from cutout_rl.env import CutOutEnv
from cutout_rl.experiments.speed.batch_speed import batch_memory

STEPS = 1_000_000
SAMPLES = 20
ALLOWED = 4 << 20  # bytes; a leak of 8 bytes per step exceeds it


def test_64_games_hold_less_than_150_mb() -> None:
    assert 30 < batch_memory(64) < 150


@pytest.mark.slow
def test_a_million_steps_keep_nothing() -> None:
    """Every episode draws a new face; the face cache and the allocator fill up in the first tenth."""
    env = CutOutEnv(image_size=32, step_len=4)
    env.action_space.seed(0)
    env.reset(seed=0)
    resident = []
    for step in range(1, STEPS + 1):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
        if step % (STEPS // SAMPLES) == 0:
            gc.collect()
            resident.append(psutil.Process().memory_info().rss)
    grown = max(resident[SAMPLES // 10 :]) - resident[SAMPLES // 10 - 1]
    assert grown < ALLOWED, f"memory grew by {grown / 2**20:.1f} MiB: {resident}"
